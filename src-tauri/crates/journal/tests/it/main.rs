//! The journal held from outside: a real file, a second connection, and other programs that hold it.

#[cfg(test)]
mod around;
#[cfg(test)]
mod cascades;
#[cfg(test)]
mod feed;
#[cfg(test)]
mod files;
#[cfg(test)]
mod made;
#[cfg(test)]
mod once;

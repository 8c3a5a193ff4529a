//! A hook's address held from outside, over real connections, down to the bytes.

#[cfg(test)]
mod answers;
#[cfg(test)]
mod bounds;
#[cfg(test)]
mod creative_force;
#[cfg(test)]
mod door;
#[cfg(test)]
mod ftrack;
#[cfg(test)]
mod kept;
#[cfg(test)]
mod wire;

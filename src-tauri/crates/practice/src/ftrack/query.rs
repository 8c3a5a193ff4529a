//! The query language: words, and the question that they make. ftrack: query language.

use super::errors::Fault;

/// How a value is held against one or several others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Is,
    IsNot,
    Greater,
    Less,
    GreaterOrEqual,
    LessOrEqual,
    In,
    NotIn,
    Like,
    NotLike,
}

/// What an entity must be like.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Criterion {
    All(Vec<Criterion>),
    Any(Vec<Criterion>),
    Not(Box<Criterion>),
    /// None stands for no value at all.
    Compare {
        path: Vec<String>,
        operator: Operator,
        values: Vec<Option<String>>,
    },
    /// `has` and `any`: something that the relation leads to is like this.
    Related {
        path: Vec<String>,
        inner: Box<Criterion>,
    },
}

/// A question.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Query {
    /// None where the type's own are meant.
    pub(super) projections: Option<Vec<Vec<String>>>,
    pub(super) entity: String,
    pub(super) criterion: Option<Criterion>,
    /// Paths, and whether each descends.
    pub(super) order: Vec<(Vec<String>, bool)>,
    pub(super) offset: usize,
    pub(super) limit: Option<usize>,
}

#[derive(Clone, Debug, PartialEq)]
enum Word {
    Bare(String),
    Quoted(String),
    Symbol(&'static str),
}

const SYMBOLS: [&str; 9] = ["!=", ">=", "<=", "=", ">", "<", "(", ")", ","];

fn words(text: &str) -> Result<Vec<Word>, Fault> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        if let Some(symbol) = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
            words.push(Word::Symbol(symbol));
            rest = rest.get(symbol.len()..).unwrap_or_default();
        } else if first == '"' || first == '\'' {
            let (quoted, after) = quoted(rest, first)?;
            words.push(Word::Quoted(quoted));
            rest = after;
        } else {
            let ends = |c: char| c.is_whitespace() || "\"'(),=<>!".contains(c);
            let end = rest.find(ends).unwrap_or(rest.len()).max(first.len_utf8());
            let (bare, after) = rest.split_at(end);
            words.push(Word::Bare(bare.to_owned()));
            rest = after;
        }
        rest = rest.trim_start();
    }
    Ok(words)
}

/// The text up to the closing mark, with what a backslash protects, and what follows.
fn quoted(rest: &str, mark: char) -> Result<(String, &str), Fault> {
    let mut text = String::new();
    let mut characters = rest.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => text.extend(characters.next().map(|(_, character)| character)),
            _ if character == mark => return Ok((text, rest.get(at + 1..).unwrap_or_default())),
            _ => text.push(character),
        }
    }
    Err(Fault::unreadable(format!("A text is not closed: {rest}")))
}

struct Reader {
    words: Vec<Word>,
    at: usize,
    text: String,
}

/// Reads a question.
pub(super) fn parse(text: &str) -> Result<Query, Fault> {
    let mut reader = Reader {
        words: words(text)?,
        at: 0,
        text: text.to_owned(),
    };
    let mut query = Query::default();
    if reader.takes("select") {
        query.projections = Some(reader.paths()?);
        reader.must("from")?;
    }
    query.entity = reader.bare()?;
    if reader.takes("where") {
        query.criterion = Some(reader.any()?);
    }
    while reader.at < reader.words.len() {
        if reader.takes("order") {
            reader.must("by")?;
            query.order = reader.order()?;
        } else if reader.takes("offset") {
            query.offset = reader.number()?;
        } else if reader.takes("limit") {
            query.limit = Some(reader.number()?);
        } else {
            return Err(reader.lost());
        }
    }
    Ok(query)
}

impl Reader {
    fn lost(&self) -> Fault {
        let near = match self.words.get(self.at) {
            Some(Word::Bare(word) | Word::Quoted(word)) => word.as_str(),
            Some(Word::Symbol(symbol)) => symbol,
            None => "the end",
        };
        Fault::unreadable(format!("Parsing query failed near {near}: {}", self.text))
    }

    fn is(&self, keyword: &str) -> bool {
        matches!(self.words.get(self.at), Some(Word::Bare(word)) if word.eq_ignore_ascii_case(keyword))
    }

    fn takes(&mut self, keyword: &str) -> bool {
        let is = self.is(keyword);
        self.at += usize::from(is);
        is
    }

    fn takes_symbol(&mut self, wanted: &str) -> bool {
        let is = matches!(self.words.get(self.at), Some(Word::Symbol(symbol)) if *symbol == wanted);
        self.at += usize::from(is);
        is
    }

    fn must(&mut self, keyword: &str) -> Result<(), Fault> {
        if self.takes(keyword) { Ok(()) } else { Err(self.lost()) }
    }

    fn must_symbol(&mut self, symbol: &str) -> Result<(), Fault> {
        if self.takes_symbol(symbol) {
            Ok(())
        } else {
            Err(self.lost())
        }
    }

    fn bare(&mut self) -> Result<String, Fault> {
        match self.words.get(self.at) {
            Some(Word::Bare(word)) => {
                let word = word.clone();
                self.at += 1;
                Ok(word)
            }
            _ => Err(self.lost()),
        }
    }

    fn number(&mut self) -> Result<usize, Fault> {
        self.bare()?.parse().map_err(|_| self.lost())
    }

    fn path(&mut self) -> Result<Vec<String>, Fault> {
        Ok(self.bare()?.split('.').map(str::to_owned).collect())
    }

    fn paths(&mut self) -> Result<Vec<Vec<String>>, Fault> {
        let mut paths = vec![self.path()?];
        while self.takes_symbol(",") {
            paths.push(self.path()?);
        }
        Ok(paths)
    }

    fn order(&mut self) -> Result<Vec<(Vec<String>, bool)>, Fault> {
        let mut order = Vec::new();
        loop {
            let path = self.path()?;
            let descends = self.takes("descending") || self.takes("desc");
            if !descends {
                let _ = self.takes("ascending") || self.takes("asc");
            }
            order.push((path, descends));
            if !self.takes_symbol(",") {
                return Ok(order);
            }
        }
    }

    fn any(&mut self) -> Result<Criterion, Fault> {
        let mut choices = vec![self.all()?];
        while self.takes("or") {
            choices.push(self.all()?);
        }
        Ok(if choices.len() == 1 {
            choices.remove(0)
        } else {
            Criterion::Any(choices)
        })
    }

    fn all(&mut self) -> Result<Criterion, Fault> {
        let mut parts = vec![self.one()?];
        while self.takes("and") {
            parts.push(self.one()?);
        }
        Ok(if parts.len() == 1 {
            parts.remove(0)
        } else {
            Criterion::All(parts)
        })
    }

    fn one(&mut self) -> Result<Criterion, Fault> {
        if self.takes("not") {
            return Ok(Criterion::Not(Box::new(self.one()?)));
        }
        if self.takes_symbol("(") {
            let inner = self.any()?;
            self.must_symbol(")")?;
            return Ok(inner);
        }
        let path = self.path()?;
        if self.takes("has") || self.takes("any") {
            self.must_symbol("(")?;
            let inner = Box::new(self.any()?);
            self.must_symbol(")")?;
            return Ok(Criterion::Related { path, inner });
        }
        let operator = self.operator()?;
        let values = match operator {
            Operator::In | Operator::NotIn => self.list()?,
            _ => vec![self.value()?],
        };
        Ok(Criterion::Compare { path, operator, values })
    }

    fn operator(&mut self) -> Result<Operator, Fault> {
        let word = match self.words.get(self.at) {
            Some(Word::Bare(word)) => word.to_lowercase(),
            Some(Word::Symbol(symbol)) => (*symbol).to_owned(),
            _ => return Err(self.lost()),
        };
        let operator = match word.as_str() {
            "is" | "=" => Operator::Is,
            "is_not" | "!=" => Operator::IsNot,
            ">" | "after" | "greater_than" => Operator::Greater,
            "<" | "before" | "less_than" => Operator::Less,
            ">=" => Operator::GreaterOrEqual,
            "<=" => Operator::LessOrEqual,
            "in" => Operator::In,
            "not_in" => Operator::NotIn,
            "like" => Operator::Like,
            "not_like" => Operator::NotLike,
            _ => return Err(self.lost()),
        };
        self.at += 1;
        Ok(operator)
    }

    fn value(&mut self) -> Result<Option<String>, Fault> {
        let value = match self.words.get(self.at) {
            Some(Word::Bare(word)) if word.eq_ignore_ascii_case("none") => None,
            Some(Word::Bare(word) | Word::Quoted(word)) => Some(word.clone()),
            _ => return Err(self.lost()),
        };
        self.at += 1;
        Ok(value)
    }

    fn list(&mut self) -> Result<Vec<Option<String>>, Fault> {
        self.must_symbol("(")?;
        let mut values = vec![self.value()?];
        while self.takes_symbol(",") {
            values.push(self.value()?);
        }
        self.must_symbol(")")?;
        Ok(values)
    }
}

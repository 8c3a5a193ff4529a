//! From text to tree. [`Filter`](super::Filter) has the grammar.
//!
//! One word tells what must follow, so no choice is ever taken back: wherever something must stand, its absence is cut
//! short and said in those words.

use winnow::Parser;
use winnow::combinator::{alt, cut_err, delimited, eof, opt, preceded, repeat, separated, terminated};
use winnow::error::{ErrMode, ModalResult};
use winnow::stream::{LocatingSlice, Location};
use winnow::token::{any, one_of, take_while};

use super::error::{Expected, FilterError, FilterMistake, Mistake};
use super::tree::{
    Comparison, Expression, Literal, Operand, Order, Path, Sense, Test, begins_name, continues_name, is_keyword,
};

/// The longest filter that is read, in bytes.
pub const MAX_FILTER_BYTES: usize = 8 * 1024;

/// How many parentheses and `not` may stand around a comparison.
pub const MAX_FILTER_DEPTH: usize = 64;

pub(super) type Input<'s> = LocatingSlice<&'s str>;
type Parsed<T> = ModalResult<T, Mistake>;

pub(super) fn parse(source: &str) -> Result<Expression, FilterError> {
    if source.len() > MAX_FILTER_BYTES {
        let mistake = FilterMistake::TooLong { bytes: source.len() };
        return Err(Mistake::new(MAX_FILTER_BYTES, mistake).in_source(source));
    }
    let end = eof.context(Expected::Junction);
    delimited(blank, |input: &mut Input<'_>| either(input, 0), end)
        .parse(LocatingSlice::new(source))
        .map_err(|e| e.into_inner().in_source(source))
}

fn either(input: &mut Input<'_>, depth: usize) -> Parsed<Expression> {
    separated(1.., |input: &mut Input<'_>| both(input, depth), word("or"))
        .map(|parts| joined(parts, Expression::Or))
        .parse_next(input)
}

fn both(input: &mut Input<'_>, depth: usize) -> Parsed<Expression> {
    separated(1.., |input: &mut Input<'_>| term(input, depth), word("and"))
        .map(|parts| joined(parts, Expression::And))
        .parse_next(input)
}

fn joined(mut parts: Vec<Expression>, join: fn(Vec<Expression>) -> Expression) -> Expression {
    match (parts.pop(), parts.is_empty()) {
        (Some(only), true) => only,
        (last, _) => {
            parts.extend(last);
            join(parts)
        }
    }
}

/// The one way down, and so the one place that counts how deep.
fn term(input: &mut Input<'_>, depth: usize) -> Parsed<Expression> {
    if depth > MAX_FILTER_DEPTH {
        let mistake = Mistake::new(input.current_token_start(), FilterMistake::TooDeep);
        return Err(ErrMode::Cut(mistake));
    }
    let negated = preceded(word("not"), |input: &mut Input<'_>| term(input, depth + 1));
    cut_err(alt((
        negated.map(|inner| Expression::Not(Box::new(inner))),
        |input: &mut Input<'_>| group(input, depth),
        comparison.map(Expression::Comparison),
    )))
    .context(Expected::Term)
    .parse_next(input)
}

fn group(input: &mut Input<'_>, depth: usize) -> Parsed<Expression> {
    let opened = input.current_token_start();
    token('(').parse_next(input)?;
    let inside = either(input, depth + 1)?;
    close(input, opened, Expected::JunctionInParentheses)?;
    Ok(inside)
}

fn close(input: &mut Input<'_>, opened: usize, expected: Expected) -> Parsed<()> {
    if input.is_empty() {
        let mistake = Mistake::new(opened, FilterMistake::UnclosedParenthesis);
        return Err(ErrMode::Cut(mistake));
    }
    cut_err(token(')')).void().context(expected).parse_next(input)
}

fn comparison(input: &mut Input<'_>) -> Parsed<Comparison> {
    (operand, cut_err(test))
        .map(|(left, test)| Comparison { left, test })
        .parse_next(input)
}

/// What an operator is, before its right side is read.
#[derive(Clone, Copy)]
enum Operator {
    Order(Order),
    In(Sense),
    Like(Sense),
    /// `is`, which `not` may follow.
    Is,
    /// `not`, which `in` or `like` must follow.
    Not,
}

fn test(input: &mut Input<'_>) -> Parsed<Test> {
    match operator(input)? {
        Operator::Order(order) => ordered(input, order),
        Operator::In(sense) => list(input, sense),
        Operator::Like(sense) => like(input, sense),
        Operator::Is => match opt(word("not")).parse_next(input)? {
            Some(_) => ordered(input, Order::NotEqual),
            None => ordered(input, Order::Equal),
        },
        Operator::Not => {
            let in_or_like = alt((word("in").value(true), word("like").value(false)));
            if cut_err(in_or_like).context(Expected::InOrLike).parse_next(input)? {
                list(input, Sense::IsNot)
            } else {
                like(input, Sense::IsNot)
            }
        }
    }
}

fn operator(input: &mut Input<'_>) -> Parsed<Operator> {
    let symbol = take_while(1.., is_symbol).verify_map(|symbol: &str| {
        Some(Operator::Order(match symbol {
            "=" => Order::Equal,
            "!=" => Order::NotEqual,
            "<" => Order::Less,
            "<=" => Order::LessOrEqual,
            ">" => Order::Greater,
            ">=" => Order::GreaterOrEqual,
            _ => return None,
        }))
    });
    let name = name.verify_map(|word| {
        Some(match word.to_ascii_lowercase().as_str() {
            "is" => Operator::Is,
            "is_not" => Operator::Order(Order::NotEqual),
            "before" | "less_than" => Operator::Order(Order::Less),
            "after" | "greater_than" => Operator::Order(Order::Greater),
            "in" => Operator::In(Sense::Is),
            "not_in" => Operator::In(Sense::IsNot),
            "like" => Operator::Like(Sense::Is),
            "not_like" => Operator::Like(Sense::IsNot),
            "not" => Operator::Not,
            _ => return None,
        })
    });
    token(alt((symbol, name))).context(Expected::Operator).parse_next(input)
}

pub(super) fn is_symbol(c: char) -> bool {
    "=!<>~&|≠≤≥".contains(c)
}

fn ordered(input: &mut Input<'_>, order: Order) -> Parsed<Test> {
    cut_err(operand)
        .context(Expected::Operand)
        .map(|right| Test::Order(order, right))
        .parse_next(input)
}

fn list(input: &mut Input<'_>, sense: Sense) -> Parsed<Test> {
    let opened = input.current_token_start();
    cut_err(token('(')).context(Expected::List).parse_next(input)?;
    let operand = cut_err(operand).context(Expected::Operand);
    let operands = separated(1.., operand, token(',')).parse_next(input)?;
    close(input, opened, Expected::NextInList)?;
    Ok(Test::In(sense, operands))
}

fn like(input: &mut Input<'_>, sense: Sense) -> Parsed<Test> {
    cut_err(text)
        .context(Expected::Text)
        .map(|pattern| Test::Like(sense, pattern))
        .parse_next(input)
}

fn operand(input: &mut Input<'_>) -> Parsed<Operand> {
    let named = token(name.verify_map(Literal::named));
    alt((
        alt((text, number, named)).map(Operand::Literal),
        path.map(Operand::Path),
    ))
    .parse_next(input)
}

fn text(input: &mut Input<'_>) -> Parsed<Literal> {
    token(alt((quoted('"'), quoted('\''))))
        .map(Literal::text)
        .parse_next(input)
}

/// Whatever begins like a number must be one. An id such as `44dd9fb2-…` without its quotes is the likely mistake.
fn number(input: &mut Input<'_>) -> Parsed<Literal> {
    let start = input.current_token_start();
    let digits = (
        one_of(('0'..='9', '-')),
        take_while(0.., |c| continues_name(c) || c == '.' || c == '+'),
    );
    let written = token(digits.take()).parse_next(input)?;
    Literal::number(written).ok_or_else(|| {
        let written = written.to_owned();
        ErrMode::Cut(Mistake::new(start, FilterMistake::NotANumber { written }))
    })
}

fn path(input: &mut Input<'_>) -> Parsed<Path> {
    let first = name.verify(|name: &str| !is_keyword(name)).map(str::to_owned);
    let plain = take_while(1.., continues_name).map(str::to_owned);
    let next = cut_err(alt((plain, quoted('`')))).context(Expected::Name);
    let rest = repeat(0.., preceded('.', next));
    token((alt((first, quoted('`'))), rest))
        .map(|(first, mut names): (String, Vec<String>)| {
            names.insert(0, first);
            Path(names)
        })
        .parse_next(input)
}

/// What stands between two quotes.
fn quoted<'s>(quote: char) -> impl Parser<Input<'s>, String, ErrMode<Mistake>> {
    move |input: &mut Input<'s>| {
        let opened = input.current_token_start();
        one_of(quote).parse_next(input)?;
        let plain = take_while(1.., move |c| c != quote && c != '\\');
        let escaped = preceded('\\', escaped);
        let inside = repeat(0.., alt((plain.map(str::to_owned), escaped.map(String::from))))
            .fold(String::new, |text, piece: String| text + &piece);
        cut_err(terminated(inside, quote))
            .context(Mistake::new(opened, FilterMistake::UnclosedQuote { quote }))
            .parse_next(input)
    }
}

/// What a character after a backslash stands for.
fn escaped(input: &mut Input<'_>) -> Parsed<char> {
    let backslash = input.current_token_start().saturating_sub(1);
    match any.parse_next(input)? {
        c @ ('"' | '\'' | '`' | '\\') => Ok(c),
        'n' => Ok('\n'),
        'r' => Ok('\r'),
        't' => Ok('\t'),
        escaped => {
            let mistake = FilterMistake::UnknownEscape { escaped };
            Err(ErrMode::Cut(Mistake::new(backslash, mistake)))
        }
    }
}

fn name<'s>(input: &mut Input<'s>) -> Parsed<&'s str> {
    (one_of(begins_name), take_while(0.., continues_name))
        .take()
        .parse_next(input)
}

fn word<'s>(keyword: &'static str) -> impl Parser<Input<'s>, &'s str, ErrMode<Mistake>> {
    token(name.verify(move |name: &str| name.eq_ignore_ascii_case(keyword)))
}

/// Takes the spaces that follow along.
fn token<'s, T>(parser: impl Parser<Input<'s>, T, ErrMode<Mistake>>) -> impl Parser<Input<'s>, T, ErrMode<Mistake>> {
    terminated(parser, blank)
}

fn blank(input: &mut Input<'_>) -> Parsed<()> {
    take_while(0.., char::is_whitespace).void().parse_next(input)
}

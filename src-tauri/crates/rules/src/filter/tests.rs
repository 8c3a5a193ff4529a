//! The tree and its text. What filters mean is tried from outside, in `tests/it/filters.rs`.

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_assert_eq, prop_assume, prop_oneof, proptest};
use proptest::sample::select;

use super::grammar::parse;
use super::tree::{Comparison, Expression, KEYWORDS, Literal, Operand, Order, Path, Sense, Test, is_keyword};

/// Any characters: the `String` of proptest has none that cannot be seen.
fn text() -> impl Strategy<Value = String> {
    vec(any::<char>(), 0..8).prop_map(String::from_iter)
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z_][a-z0-9_-]{0,6}",
        "[0-9-]{1,3}",
        select(KEYWORDS.as_slice()).prop_map(str::to_owned),
        text(),
    ]
}

fn path() -> impl Strategy<Value = Path> {
    vec(name(), 1..4).prop_map(Path)
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        text().prop_map(Literal::text),
        any::<i64>().prop_filter_map("a number", |n| Literal::number(&n.to_string())),
        any::<f64>().prop_filter_map("a number", |n| Literal::number(&n.to_string())),
        select(["true", "false", "none"].as_slice()).prop_filter_map("a name", Literal::named),
    ]
}

fn operand() -> impl Strategy<Value = Operand> {
    prop_oneof![path().prop_map(Operand::Path), literal().prop_map(Operand::Literal)]
}

fn comparison() -> impl Strategy<Value = Expression> {
    let order = select(
        [
            Order::Equal,
            Order::NotEqual,
            Order::Less,
            Order::LessOrEqual,
            Order::Greater,
            Order::GreaterOrEqual,
        ]
        .as_slice(),
    );
    let sense = || prop_oneof![Just(Sense::Is), Just(Sense::IsNot)];
    let test = prop_oneof![
        (order, operand()).prop_map(|(order, right)| Test::Order(order, right)),
        (sense(), vec(operand(), 1..4)).prop_map(|(sense, list)| Test::In(sense, list)),
        (sense(), text()).prop_map(|(sense, pattern)| Test::Like(sense, Literal::text(pattern))),
    ];
    (operand(), test).prop_map(|(left, test)| Expression::Comparison(Comparison { left, test }))
}

fn tree() -> impl Strategy<Value = Expression> {
    comparison().prop_recursive(4, 16, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 2..4).prop_map(Expression::And),
            vec(inner.clone(), 2..4).prop_map(Expression::Or),
            inner.prop_map(|inner| Expression::Not(Box::new(inner))),
        ]
    })
}

proptest! {
    #[test]
    fn a_tree_that_is_written_is_read_as_the_same_tree(tree in tree()) {
        let written = tree.to_string();
        prop_assume!(written.len() <= super::MAX_FILTER_BYTES);
        prop_assert_eq!(parse(&written), Ok(tree), "{}", written);
    }
}

#[test]
fn and_binds_tighter_than_or_and_not_tightest() {
    let tree = parse("not a = 1 and b = 1 or c = 1").unwrap();
    assert_eq!(tree, parse("((not (a = 1)) and b = 1) or c = 1").unwrap());
    let Expression::Or(parts) = tree else {
        panic!("an or");
    };
    let [Expression::And(both), Expression::Comparison(_)] = parts.as_slice() else {
        panic!("an and, and a comparison");
    };
    assert!(matches!(
        both.as_slice(),
        [Expression::Not(_), Expression::Comparison(_)]
    ));
}

#[test]
fn every_operator_that_is_a_word_is_a_keyword() {
    for word in [
        "is",
        "is_not",
        "in",
        "not_in",
        "like",
        "not_like",
        "before",
        "after",
        "less_than",
        "greater_than",
    ] {
        assert!(is_keyword(word), "{word}");
        assert!(parse(&format!("{word} = 1")).is_err(), "{word}");
        assert!(parse(&format!("`{word}` = 1")).is_ok(), "{word}");
        assert!(parse(&format!("a.{word} = 1")).is_ok(), "{word}");
    }
}

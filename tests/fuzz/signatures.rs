//! Signatures and secrets in headers: none is taken but the right one.

use callboard_model::Refusal;
use callboard_trackers::ftrack::{HeaderSecret, SECRET_HEADER};
use callboard_trackers::{creative_force, shotgrid};
use proptest::{prop_assert, prop_assert_eq};

use crate::trying::{Outcome, fuzz};

const SECRET: &str = "callboard-test-token";
const BEFORE: &str = "the-token-before";

/// The first lines are values of the header, up to an empty line; the rest is the body.
fn values_and_body(input: &[u8]) -> (Vec<&[u8]>, &[u8]) {
    let mut values = Vec::new();
    let mut rest = input;
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let (line, after) = (&rest[..end], &rest[end + 1..]);
        rest = after;
        if line.is_empty() {
            break;
        }
        values.push(line);
    }
    (values, rest)
}

fn is_refused_in_words(refusal: Refusal) -> bool {
    use Refusal::{SignatureMalformed, SignatureMissing, SignatureWrong};
    matches!(refusal, SignatureMissing | SignatureMalformed | SignatureWrong)
}

fn only_the_right_one_is_taken(input: &[u8]) -> Outcome {
    let (values, body) = values_and_body(input);

    let secrets = shotgrid::Secrets::new(SECRET, Some(BEFORE));
    let right = |secret: &str| {
        let signature = shotgrid::sign(secret, body);
        // Hex digits may be of either case.
        values.len() == 1 && values[0].starts_with(b"sha1=") && values[0].eq_ignore_ascii_case(signature.as_bytes())
    };
    let found = shotgrid::verify(&secrets, values.iter().copied(), body);
    prop_assert_eq!(found == Ok(shotgrid::Verified::Current), right(SECRET));
    prop_assert_eq!(found == Ok(shotgrid::Verified::Previous), right(BEFORE));
    prop_assert!(found.err().is_none_or(is_refused_in_words));

    let secrets = creative_force::Secrets::new(SECRET, None);
    let signature = creative_force::sign(SECRET, body);
    let found = creative_force::verify(&secrets, values.iter().copied(), body);
    let is_right = values.len() == 1 && values[0].eq_ignore_ascii_case(signature.as_bytes());
    // The secret is Base64 by chance or not; the text as it is signs first.
    prop_assert_eq!(found.is_ok(), is_right, "{:?}", found);
    prop_assert!(found.err().is_none_or(is_refused_in_words));

    let shown = HeaderSecret::new(SECRET_HEADER, SECRET, Some(BEFORE)).verify(values.iter().copied());
    let is_shown = values.len() == 1 && [SECRET, BEFORE].iter().any(|secret| values[0] == secret.as_bytes());
    prop_assert_eq!(shown.is_ok(), is_shown);

    // Whatever the body is, its own signature is good, and not another body's.
    let own = shotgrid::sign(SECRET, body);
    let by_shotgrid = |body: &[u8]| shotgrid::verify(&shotgrid::Secrets::new(SECRET, None), [own.as_bytes()], body);
    let more = [body, b" "].concat();
    prop_assert!(by_shotgrid(body).is_ok());
    prop_assert_eq!(by_shotgrid(&more), Err(Refusal::SignatureWrong));
    Ok(())
}

#[test]
fn no_signature_but_the_right_one_is_taken_however_it_is_written() {
    fuzz("signatures", 2_000, only_the_right_one_is_taken);
}

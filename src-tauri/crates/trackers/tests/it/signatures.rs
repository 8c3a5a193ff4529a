//! `x-sg-signature`: vectors computed by other programs, and everything that is not one.

use callboard_model::Refusal;
use callboard_trackers::shotgrid::{Secrets, Verified, sign, verify};
use proptest::prelude::{any, prop_assert_eq, proptest};

const TOKEN: &str = "callboard-test-token";
const BODY: &[u8] =
    br#"{"data":{"id":"101.7.0","event_type":"Shotgun_Version_Change"},"timestamp":"2024-05-01T09:00:00Z"}"#;
const DIGEST: &str = "f16af4d428caa5afd1f8296a071656e9b45ef1a8";

/// Token, body, and the digest that openssl and Python agree on.
const VECTORS: [(&str, &[u8], &str); 4] = [
    (TOKEN, BODY, DIGEST),
    (
        "clé",
        "{\"name\":\"Café — vue\"}".as_bytes(),
        "5ac932a05d23468f4301c36dcf183ad126756772",
    ),
    (TOKEN, b"", "0211ea0c938b37202ff7b5aca5fc437da9864e7f"),
    ("mytoken", b"<json body>", "257f05231b479019c2d723cfaf6c7d4d5121a2a9"),
];

fn verdict(headers: &[&[u8]]) -> Result<Verified, Refusal> {
    verify(&Secrets::new(TOKEN, None), headers.iter().copied(), BODY)
}

fn verdict_on(header: &str) -> Result<Verified, Refusal> {
    verdict(&[header.as_bytes()])
}

#[test]
fn the_vectors_are_signed_and_verified() {
    for (token, body, digest) in VECTORS {
        let header = format!("sha1={digest}");
        assert_eq!(sign(token, body), header, "{token}");
        let verified = verify(&Secrets::new(token, None), [header.as_bytes()], body);
        assert_eq!(verified, Ok(Verified::Current), "{token}");
    }
}

#[test]
fn no_header_and_an_empty_one_are_missing() {
    assert_eq!(verdict(&[]), Err(Refusal::SignatureMissing));
    assert_eq!(verdict_on(""), Err(Refusal::SignatureMissing));
}

#[test]
fn a_signature_in_capitals_is_still_one() {
    assert_eq!(
        verdict_on(&format!("sha1={}", DIGEST.to_uppercase())),
        Ok(Verified::Current)
    );
}

#[test]
fn a_header_that_is_not_exactly_one_signature_is_malformed() {
    let malformed = [
        " ".to_owned(),
        "\t".to_owned(),
        "sha1=".to_owned(),
        "sha1".to_owned(),
        DIGEST.to_owned(),
        format!(" sha1={DIGEST}"),
        format!("sha1={DIGEST} "),
        format!("sha1= {DIGEST}"),
        format!("sha1:{DIGEST}"),
        format!("SHA1={DIGEST}"),
        format!("sha1=0x{DIGEST}"),
        format!("sha1={}", &DIGEST[..39]),
        format!("sha1={}", &DIGEST[..38]),
        format!("sha1={DIGEST}0"),
        format!("sha1={DIGEST}00"),
        format!("sha1={}g", &DIGEST[..39]),
        format!("sha1={}é", &DIGEST[..38]),
        format!("sha1={DIGEST},sha1={DIGEST}"),
        format!("sha1={DIGEST}, sha1={DIGEST}"),
        format!("sha1=sha1={DIGEST}"),
        format!("sha256={DIGEST}"),
        format!("sha256={DIGEST}{}", &DIGEST[..24]),
        format!("sha1={DIGEST}{}", &DIGEST[..24]),
        format!("sha1=\0{}", &DIGEST[1..]),
    ];
    for header in malformed {
        assert_eq!(verdict_on(&header), Err(Refusal::SignatureMalformed), "{header:?}");
    }
    assert_eq!(verdict(&[b"sha1=\xff\xfe"]), Err(Refusal::SignatureMalformed));
}

#[test]
fn two_headers_are_one_too_many_even_when_both_are_good() {
    let good = format!("sha1={DIGEST}");
    let bad = format!("sha1={}", "0".repeat(40));
    for pair in [[&good, &good], [&good, &bad], [&bad, &good], [&good, &String::new()]] {
        let pair = pair.map(String::as_bytes);
        assert_eq!(verdict(&pair), Err(Refusal::SignatureMalformed));
    }
}

#[test]
fn another_secret_or_other_bytes_make_a_wrong_signature() {
    let header = format!("sha1={DIGEST}");
    let signed = |token: &str, body: &[u8]| verify(&Secrets::new(token, None), [header.as_bytes()], body);
    assert_eq!(signed("another", BODY), Err(Refusal::SignatureWrong));
    assert_eq!(signed("", BODY), Err(Refusal::SignatureWrong));
    assert_eq!(signed("Callboard-test-token", BODY), Err(Refusal::SignatureWrong));
    assert_eq!(signed(TOKEN, b""), Err(Refusal::SignatureWrong));
    assert_eq!(signed(TOKEN, &[BODY, b"\n"].concat()), Err(Refusal::SignatureWrong));
    assert_eq!(signed(TOKEN, &BODY[1..]), Err(Refusal::SignatureWrong));
}

#[test]
fn json_that_means_the_same_in_other_bytes_is_not_what_was_signed() {
    let header = sign(TOKEN, br#"{"a":1}"#);
    let spaced = verify(&Secrets::new(TOKEN, None), [header.as_bytes()], br#"{"a": 1}"#);
    assert_eq!(spaced, Err(Refusal::SignatureWrong));
}

#[test]
fn during_a_rotation_both_secrets_sign_and_the_verdict_says_which() {
    let both = Secrets::new("new", Some("old"));
    let by = |token: &str| verify(&both, [sign(token, BODY).as_bytes()], BODY);
    assert_eq!(by("new"), Ok(Verified::Current));
    assert_eq!(by("old"), Ok(Verified::Previous));
    assert_eq!(by("older"), Err(Refusal::SignatureWrong));
    assert_ne!(Verified::Current.sentence(), Verified::Previous.sentence());
}

#[test]
fn after_the_rotation_the_old_secret_signs_nothing() {
    let signed = verify(&Secrets::new("new", None), [sign("old", BODY).as_bytes()], BODY);
    assert_eq!(signed, Err(Refusal::SignatureWrong));
}

#[test]
fn secrets_do_not_show_in_debug() {
    let shown = format!("{:?}", Secrets::new(TOKEN, Some("older-token")));
    assert!(!shown.contains(TOKEN) && !shown.contains("older-token"), "{shown}");
}

proptest! {
    #[test]
    fn what_is_signed_verifies_and_one_bit_elsewhere_does_not(
        token in ".{0,100}",
        body in proptest::collection::vec(any::<u8>(), 1..300),
        place in any::<proptest::sample::Index>(),
        bit in 0_u8..8,
    ) {
        let secrets = Secrets::new(&token, None);
        let header = sign(&token, &body);
        prop_assert_eq!(verify(&secrets, [header.as_bytes()], &body), Ok(Verified::Current));
        let mut altered = body;
        let place = place.index(altered.len());
        altered[place] ^= 1 << bit;
        prop_assert_eq!(verify(&secrets, [header.as_bytes()], &altered), Err(Refusal::SignatureWrong));
    }

    #[test]
    fn a_header_of_any_bytes_is_refused_without_a_panic(header in proptest::collection::vec(any::<u8>(), 0..60)) {
        let refused = verdict(&[&header]).unwrap_err();
        let missing = header.is_empty();
        prop_assert_eq!(refused == Refusal::SignatureMissing, missing);
    }
}

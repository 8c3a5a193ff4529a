//! The header that says who sent a delivery: a signature, or a secret.

use callboard_model::Refusal;

/// The value of such a header, of all that a delivery has: two are one too many, because a proxy and we could each believe another one.
pub(crate) fn the_only<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> Result<&'a [u8], Refusal> {
    let mut values = values.into_iter();
    match (values.next(), values.next()) {
        (None | Some([]), None) => Err(Refusal::SignatureMissing),
        (Some(value), None) => Ok(value),
        (_, Some(_)) => Err(Refusal::SignatureMalformed),
    }
}

//! A page's path between its two forms: encoded as it is sent, and decoded as it is kept and compared.

use std::borrow::Cow;

use percent_encoding::{
    AsciiSet, CONTROLS, percent_decode_str, percent_encode_byte, utf8_percent_encode,
};
use unicode_normalization::UnicodeNormalization;

/// What may not stand in a path as it is.
const ENCODED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}');

/// A decoded path as an address has it.
pub(super) fn encoded(path: &str) -> String {
    let mut encoded = String::new();
    let mut buffer = [0; 4];
    for c in path.chars() {
        match stray_byte(c) {
            Some(byte) => encoded.push_str(percent_encode_byte(byte)),
            None => encoded.extend(utf8_percent_encode(c.encode_utf8(&mut buffer), ENCODED)),
        }
    }
    encoded
}

/// A path decoded once and composed. One that is not UTF-8 stays encoded, in upper case: two of them are two pages.
pub(super) fn decoded(path: &str) -> Cow<'_, str> {
    if path.is_ascii() && !path.contains('%') {
        return Cow::Borrowed(path);
    }
    match percent_decode_str(path).decode_utf8() {
        Ok(text) if text.is_ascii() => text,
        Ok(text) => Cow::Owned(text.nfc().collect()),
        Err(_) => Cow::Owned(with_stray_bytes(
            &percent_decode_str(path).collect::<Vec<u8>>(),
        )),
    }
}

/// Where the characters stand that are kept for bytes that are no UTF-8, in the area for private use.
const STRAY: u32 = 0xF700;

/// Text that may hold bytes which are no UTF-8, each kept as a character: two pages that differ in them are two pages.
fn with_stray_bytes(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.extend(chunk.valid().nfc());
        let stray = chunk.invalid().iter();
        text.extend(stray.filter_map(|&byte| char::from_u32(STRAY + u32::from(byte))));
    }
    text
}

/// The byte that a character is kept for.
fn stray_byte(c: char) -> Option<u8> {
    u8::try_from(u32::from(c).checked_sub(STRAY)?)
        .ok()
        .filter(|byte| !byte.is_ascii())
}

//! Content codings (RFC 9110 §8.4, §12.5.3): gzip, where its client takes it.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

/// Half of the time of the usual level, for a few per cent more bytes.
const LEVEL: u32 = 4;

/// Whether a client that sends these `Accept-Encoding` fields takes gzip.
pub fn accepts_gzip<'a>(fields: impl Iterator<Item = &'a str>) -> bool {
    let (mut named, mut any) = (None, None);
    for coding in fields.flat_map(|field| field.split(',')) {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let taken = !is_zero(weight);
        match name.trim() {
            name if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") => {
                named = Some(taken);
            }
            "*" => any = Some(taken),
            _ => {}
        }
    }
    named.or(any).unwrap_or(false)
}

/// Whether a weight is `q=0`, with or without digits after the point.
fn is_zero(weight: &str) -> bool {
    let Some((name, value)) = weight.split_once('=') else {
        return false;
    };
    let digits = value.trim();
    name.trim().eq_ignore_ascii_case("q")
        && digits.starts_with('0')
        && digits.bytes().all(|byte| matches!(byte, b'0' | b'.'))
}

/// The bytes compressed; `None` where that saves nothing.
pub fn gzip(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), Compression::new(LEVEL));
    // Writing to memory takes everything.
    encoder.write_all(bytes).ok()?;
    let compressed = encoder.finish().ok()?;
    (compressed.len() < bytes.len()).then_some(compressed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_taken_where_it_is_named_or_anything_is() {
        for (fields, taken) in [
            (&["gzip, deflate, br"][..], true),
            (&["br", "GZIP;q=0.5"], true),
            (&["*"], true),
            (&["*;q=0, gzip"], true),
            (&["gzip;q=0, *"], false),
            (&["gzip; q=0.000"], false),
            (&["*;q=0"], false),
            (&["identity"], false),
            (&["br"], false),
            (&[""], false),
            (&[], false),
        ] {
            assert_eq!(accepts_gzip(fields.iter().copied()), taken, "{fields:?}");
        }
    }

    #[test]
    fn what_does_not_shrink_is_left() {
        assert!(gzip(b"x").is_none());
        let text = "the same again ".repeat(100);
        assert!(gzip(text.as_bytes()).is_some_and(|bytes| bytes.len() < text.len() / 10));
    }
}

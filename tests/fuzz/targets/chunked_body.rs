//! The chunked transfer coding: cut anywhere, a body is what a plain reading of RFC 9112 §7.1 makes of the whole, and never
//! longer than allowed.
//!
//! Input: three bytes that say how the rest is cut and how long a body may be; the rest is the body.

#![no_main]

use libfuzzer_sys::fuzz_target;
use viewtally::internals::request::{ChunkError, ChunkedDecoder};

/// The decoder's own bounds, which the RFC lets it have.
const MAX_SIZE_LINE: usize = 256;
const MAX_TRAILERS: usize = 8 << 10;

/// The body, how many bytes it took, and whether it is whole.
type Decoded = Result<(Vec<u8>, usize, bool), ChunkError>;

fuzz_target!(|data: &[u8]| {
    let [one, other, max, input @ ..] = data else {
        return;
    };
    // Lines longer than any input would be: the third byte repeats what there is.
    let long = [input, input, input, input].concat().repeat(8);
    let input = if *max > 250 { &long } else { input };
    let max = u64::from(*max) * 2;
    let mut cuts = [*one, *other].map(|cut| usize::from(cut) % (input.len() + 1));
    cuts.sort_unstable();
    let parts = [
        &input[..cuts[0]],
        &input[cuts[0]..cuts[1]],
        &input[cuts[1]..],
    ];
    let (whole, cut) = (decode(&[input], max), decode(&parts, max));
    assert_eq!(whole, cut);
    let bytes: Vec<&[u8]> = input.chunks(1).collect();
    assert_eq!(whole, decode(&bytes, max));
    match (&whole, plainly(input, max)) {
        (Ok((body, taken, true)), Plain::Whole(wanted, length)) => {
            assert_eq!((body, *taken), (&wanted, length));
            // In one chunk it is the same, and what follows is not touched.
            let again = format!("{:x}\r\n", body.len()).into_bytes();
            let again = match body.is_empty() {
                true => b"0\r\n\r\nGET".to_vec(),
                false => [&again, &body[..], b"\r\n0\r\n\r\nGET"].concat(),
            };
            assert_eq!(
                decode(&[&again], max),
                Ok((body.clone(), again.len() - 3, true))
            );
        }
        (Ok((body, taken, false)), Plain::Open(known)) => {
            assert!(body.starts_with(&known));
            assert_eq!(*taken, input.len());
        }
        (Err(_), Plain::Open(_)) => {}
        (Err(error), Plain::Refused(wanted)) => assert_eq!(*error, wanted),
        (_, plain) => panic!("{whole:?}, but plainly {plain:?}"),
    }
    if let Ok((body, ..)) = whole {
        assert!(body.len() as u64 <= max);
    }
});

fn decode(parts: &[&[u8]], max: u64) -> Decoded {
    let (mut decoder, mut body, mut taken) = (ChunkedDecoder::default(), Vec::new(), 0);
    for part in parts {
        let of_part = decoder.decode(part, &mut body, max)?;
        assert!(of_part == part.len() || decoder.is_complete());
        taken += of_part;
    }
    Ok((body, taken, decoder.is_complete()))
}

/// What the whole input plainly is.
#[derive(Debug)]
enum Plain {
    Whole(Vec<u8>, usize),
    /// Its end is missing; the whole chunks so far.
    Open(Vec<u8>),
    Refused(ChunkError),
}

fn plainly(input: &[u8], max: u64) -> Plain {
    let (mut body, mut at) = (Vec::new(), 0);
    let malformed = Plain::Refused(ChunkError::Malformed);
    loop {
        let Some(line) = line(&input[at..]) else {
            return Plain::Open(body);
        };
        at += line.len();
        let Some(size) = size(line) else {
            return malformed;
        };
        if size == 0 {
            break;
        }
        if (body.len() as u64).saturating_add(size) > max {
            return Plain::Refused(ChunkError::TooLarge);
        }
        let Some(data) = input[at..].get(..size as usize) else {
            return Plain::Open(body);
        };
        body.extend(data);
        at += data.len();
        match &input[at..] {
            [b'\r', b'\n', ..] => at += 2,
            // What is no line end is refused with its LF, or with the byte after two others.
            [] => return Plain::Open(body),
            [one] if *one != b'\n' => return Plain::Open(body),
            [one, other] if ![*one, *other].contains(&b'\n') => return Plain::Open(body),
            _ => return malformed,
        }
    }
    let start = at;
    loop {
        let Some(line) = line(&input[at..]) else {
            return Plain::Open(body);
        };
        at += line.len();
        if at - start > MAX_TRAILERS + 2 {
            return malformed;
        }
        if line == b"\r\n" {
            return Plain::Whole(body, at);
        }
        if !is_field(line) || at - start > MAX_TRAILERS {
            return malformed;
        }
    }
}

/// The first line with its end.
fn line(input: &[u8]) -> Option<&[u8]> {
    let end = input.iter().position(|byte| *byte == b'\n')?;
    Some(&input[..=end])
}

fn size(line: &[u8]) -> Option<u64> {
    let text = str::from_utf8(
        line.strip_suffix(b"\r\n")?
            .split(|byte| *byte == b';')
            .next()?,
    )
    .ok()?;
    let extended = line.contains(&b';');
    let digits = match extended {
        true => text.trim_end_matches([' ', '\t']),
        false => text,
    };
    let is_text = |byte: &u8| matches!(byte, b'\t' | b' '..=b'~' | 0x80..);
    let is_valid = line.len() <= MAX_SIZE_LINE
        && (1..=16).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
        && line[..line.len() - 2].iter().all(is_text);
    is_valid.then(|| u64::from_str_radix(digits, 16).ok())?
}

fn is_field(line: &[u8]) -> bool {
    let Some(text) = line.strip_suffix(b"\r\n") else {
        return false;
    };
    let Some(colon) = text.iter().position(|byte| *byte == b':') else {
        return false;
    };
    let (name, value) = text.split_at(colon);
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !name.is_empty()
        && name.iter().all(is_token)
        && value
            .iter()
            .all(|byte| matches!(byte, b'\t' | b' '..=b'~' | 0x80..))
}

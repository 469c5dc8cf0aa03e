//! Lines of access logs: one that is understood and written again is understood alike, and each line of a log is counted
//! under one head, however the log is cut.

#![no_main]

use std::cell::RefCell;

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use viewtally::internals::import::line::{Field, LogEntry, parse};
use viewtally::internals::import::{LogReader, PathPattern, Reads, is_valid_slug};

fuzz_target!(|log: &[u8]| {
    for line in log.split_inclusive(|byte| *byte == b'\n') {
        if let Ok(entry) = parse(line) {
            check_entry(&entry);
        }
    }
    READERS.with_borrow_mut(|readers| check_reader(readers, log));
});

fn check_entry(entry: &LogEntry<'_>) {
    assert!(!entry.host.is_empty() && !entry.method.contains(&b' '));
    for field in [Some(entry.target), entry.referer, entry.agent] {
        check_field(field.unwrap_or(entry.target));
    }
    let Some(again) = written(entry) else { return };
    let parsed = parse(&again);
    assert_eq!(parsed.as_ref(), Ok(entry), "{}", again.escape_ascii());
    assert_eq!(parsed.map(|entry| entry.is_read()), Ok(entry.is_read()));
}

/// What has no escape is text already, and escaped as nginx does it is the same text.
fn check_field(field: Field<'_>) {
    let text = field.text();
    if !field.raw().contains(&b'\\') {
        assert_eq!(text, String::from_utf8_lossy(field.raw()));
    }
    let mut line = b"h - - [17/May/2015:10:05:03 +0000] \"GET ".to_vec();
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' | 0..32 | 127.. => line.extend(format!("\\x{byte:02X}").bytes()),
            byte => line.push(byte),
        }
    }
    line.extend(b" HTTP/1.1\" 200 1");
    let parsed = parse(&line).expect("a whole line");
    assert_eq!(parsed.target.text(), text);
}

/// The entry as a line of the combined format; `None` where its year has not four digits.
fn written(entry: &LogEntry<'_>) -> Option<Vec<u8>> {
    let time = Timestamp::from_millisecond(entry.time).ok()?;
    let time = time.to_zoned(jiff::tz::TimeZone::UTC);
    if !(0..=9999).contains(&time.year()) {
        return None;
    }
    let mut line = format!(
        "{} - - {} \"",
        entry.host,
        time.strftime("[%d/%b/%Y:%H:%M:%S %z]")
    );
    let mut bytes = std::mem::take(&mut line).into_bytes();
    bytes.extend(entry.method);
    if !entry.target.raw().is_empty() {
        bytes.push(b' ');
        bytes.extend(entry.target.raw());
        bytes.extend(b" HTTP/1.1");
    }
    let size = entry
        .bytes
        .map_or("-".to_owned(), |bytes| bytes.to_string());
    bytes.extend(format!("\" {:03} {size}", entry.status).bytes());
    for field in [entry.referer, entry.agent] {
        bytes.extend(b" \"");
        bytes.extend(field.map_or(&b"-"[..], Field::raw));
        bytes.push(b'"');
    }
    bytes.extend(b"\r\n");
    Some(bytes)
}

thread_local! {
    /// Kept, for their rules take long to make. One reads logs whole, the other line by line.
    static READERS: RefCell<[LogReader; 2]> = RefCell::new([(); 2].map(|()| {
        let patterns = ["/blog/{slug}", "/{*slug}"].map(|text| PathPattern::parse(text).expect("a pattern"));
        LogReader::new(patterns.into(), [7; 16])
    }));
}

fn check_reader([whole, parts]: &mut [LogReader; 2], log: &[u8]) {
    let [mut all, mut part] = [Reads::default(), Reads::default()];
    whole.evict();
    whole.read(log, &mut all);
    let rest = all.other_requests + all.other_paths;
    assert_eq!(
        all.reads.len() as u64 + rest + all.unparsable.len() as u64,
        all.lines
    );
    let (mut lines, mut others, mut reads) = (0, 0, all.reads.iter());
    for line in log.split_inclusive(|byte| *byte == b'\n') {
        parts.evict();
        parts.read(line, &mut part);
        assert_eq!(part.lines, 1);
        let known = all
            .unparsable
            .iter()
            .find(|(at, _)| *at == lines)
            .map(|(_, error)| error);
        assert_eq!(part.unparsable.first().map(|(_, error)| error), known);
        lines += 1;
        others += part.other_requests + part.other_paths;
        for read in &part.reads {
            let wanted = reads.next().expect("as many reads");
            let slug = &parts.slugs()[read.slug].0;
            assert!(is_valid_slug(slug), "{slug:?}");
            assert_eq!(slug, &whole.slugs()[wanted.slug].0);
            assert_eq!((read.time, read.viewer), (wanted.time, wanted.viewer));
            assert!(read.viewer.is_none_or(|number| number < 0));
        }
    }
    assert_eq!((lines, others, reads.next()), (all.lines, rest, None));
}

//! Access logs of any format, changing within the file: each line is counted under one head, the same however the log is
//! cut into pieces of whole lines, and what is shown of it cannot write to a terminal.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::cell::RefCell;
use viewtally::internals::import::{LogReader, PathPattern, Reads, is_valid_slug};

fuzz_target!(|log: &[u8]| {
    READERS.with_borrow_mut(|readers| check(readers, log));
});

thread_local! {
    /// Kept, for their rules take long to make. One reads logs whole, the other line by line.
    static READERS: RefCell<[LogReader; 2]> = RefCell::new([(); 2].map(|()| {
        let patterns = ["/blog/{slug}", "/{*slug}"].map(|text| PathPattern::parse(text).expect("a pattern"));
        LogReader::new(patterns.into(), [7; 16], true)
    }));
}

fn check([whole, parts]: &mut [LogReader; 2], log: &[u8]) {
    let [mut all, mut part] = [Reads::default(), Reads::default()];
    for reader in [&mut *whole, &mut *parts] {
        reader.evict();
        reader.begin_log();
    }
    whole.read(log, &mut all);
    let rest = all.no_requests + all.other_requests + all.other_paths;
    assert_eq!(
        all.reads.len() as u64 + rest + all.unparsable.len() as u64,
        all.lines
    );
    for shown in &all.sample {
        assert!(!shown.chars().any(char::is_control), "{shown:?}");
    }
    let (mut lines, mut others, mut reads) = (0, 0, all.reads.iter());
    for line in log.split_inclusive(|byte| *byte == b'\n') {
        parts.read(line, &mut part);
        assert_eq!(part.lines, 1);
        let known = all
            .unparsable
            .iter()
            .find(|(at, _)| *at == lines)
            .map(|(_, error)| error);
        assert_eq!(part.unparsable.first().map(|(_, error)| error), known);
        lines += 1;
        others += part.no_requests + part.other_requests + part.other_paths;
        for read in &part.reads {
            let wanted = reads.next().expect("as many reads");
            let slug = &parts.posts()[read.post].slug;
            assert!(is_valid_slug(slug), "{slug:?}");
            assert_eq!(slug, &whole.posts()[wanted.post].slug);
            assert_eq!((read.time, read.viewer), (wanted.time, wanted.viewer));
            assert!(read.viewer.is_none_or(|number| number < 0));
        }
    }
    assert_eq!((lines, others, reads.next()), (all.lines, rest, None));
}

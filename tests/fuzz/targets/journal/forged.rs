//! Files that no version has written, with checksums that are right where it takes one to get further.

use viewtally::internals::DedupWindow;
use viewtally::internals::journal::{
    FileKind, Header, JournalSink, RunId, pending, recover, seal_batch,
};

use super::files::{DATABASE, Files, bytes_of, header};
use super::input::Input;
use super::store::Store;

/// A header that says anything, followed by anything.
pub fn segment(input: &mut Input<'_>) {
    let files = Files;
    let flags = input.byte();
    let start = match flags % 4 {
        0 => Vec::new(),
        1 => bytes_of(&header(input.number(), input.number() as u32).encode()),
        2 => bytes_of(&header(u64::from(input.byte()), 16).encode()),
        _ => {
            let any = Header {
                database: DATABASE + i64::from(input.byte() % 2),
                run: RunId(input.number() as i64),
                number: input.number(),
                slots: input.number() as u32,
            };
            bytes_of(&any.encode())
        }
    };
    let kind = match flags & 4 {
        0 => FileKind::Segment,
        _ => FileKind::Run,
    };
    files.write(kind, &[&start, input.rest()].concat());
    recover_twice(&files);
}

/// A batch file around anything.
pub fn batch(input: &mut Input<'_>) {
    let files = Files;
    files.write(FileKind::Batch, &seal_batch(&header(0, 0), input.rest()));
    recover_twice(&files);
}

fn recover_twice(files: &Files) {
    let store = Store::new(DedupWindow::NONE);
    let waiting =
        pending(files.folder(), &|run| store.committed(run)).expect("files that can be read");
    let first = recover(files.folder(), &store, &mut |_| {}).expect("a store that works");
    assert!(waiting.1 == 0, "the run has ended: {waiting:?}");
    assert_eq!(files.are_removed(), first.left.is_empty(), "{first:?}");
    let again = recover(files.folder(), &store, &mut |_| {}).expect("a store that works");
    assert_eq!((again.events, &again.left), (0, &first.left));
}

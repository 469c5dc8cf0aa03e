//! Whose export a file is, and how it is read.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use super::archive::{Archive, FILE_HEADER};
use super::row::Items;
use super::{goatcounter, leancloud, plausible, waline, wordpress};

/// The first bytes of a gzip member (RFC 1952 section 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// A counter whose exports can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumbersFrom {
    /// LeanCloud's class `Counter`.
    LeanCloud,
    /// GoatCounter's archive or CSV file.
    GoatCounter,
    /// Waline's JSON.
    Waline,
    /// Plausible's pages.
    Plausible,
    /// WordPress with WP-PostViews.
    WordPress,
}

impl NumbersFrom {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            NumbersFrom::LeanCloud => "LeanCloud",
            NumbersFrom::GoatCounter => "GoatCounter",
            NumbersFrom::Waline => "Waline",
            NumbersFrom::Plausible => "Plausible",
            NumbersFrom::WordPress => "WordPress",
        }
    }

    /// Reads an export; gzipped where it is. `wrap` sees what is read of the file.
    ///
    /// # Errors
    /// Those of reading.
    pub fn read(
        self,
        file: &Path,
        wrap: impl FnOnce(File) -> Box<dyn Read>,
        items: Items<'_>,
    ) -> io::Result<()> {
        let mut opened = File::open(file)?;
        if opened.metadata()?.is_dir() {
            return Err(io::Error::other("it is a folder; name its files"));
        }
        let mut first = Vec::new();
        opened.by_ref().take(4).read_to_end(&mut first)?;
        opened.rewind()?;
        if self == NumbersFrom::GoatCounter && first == FILE_HEADER {
            return goatcounter::read_archive(&mut Archive::open_file(opened)?, items);
        }
        let plain = BufReader::new(wrap(opened));
        let reader: Box<dyn BufRead> = match first.starts_with(&GZIP) {
            true => Box::new(BufReader::new(MultiGzDecoder::new(plain))),
            false => Box::new(plain),
        };
        match self {
            NumbersFrom::LeanCloud => leancloud::read(reader, items),
            NumbersFrom::GoatCounter => goatcounter::read_csv(reader, items),
            NumbersFrom::Waline => waline::read(reader, items),
            NumbersFrom::Plausible => plausible::read(reader, items),
            NumbersFrom::WordPress => wordpress::read(reader, items),
        }
    }
}

//! The flags of `import`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::values::{duration, site};
use crate::import::log::PathPattern;
use crate::model::Site;

/// The kinds of imports.
#[derive(Debug, Subcommand)]
pub enum ImportCommand {
    /// Markdown files and folders, with YAML, TOML or no front matter. Importing again updates; views are kept
    Posts {
        /// Files and folders.
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
    },
    /// Web servers' access logs: common, combined, with the site before it, Caddy's or nginx's JSON, W3C (IIS); gzipped or
    /// not. A log is counted once; one that has grown is continued
    Log(LogFlags),
    /// Numbers from another system: lines of key,views or key,views,viewers; the key is an id or a slug
    Counts(CountsFlags),
    /// Numbers from LeanCloud: Counter.0.jsonl of its export, as NexT, Fluid, Valine and Waline keep them there
    Leancloud(NumbersFlags),
    /// Numbers from GoatCounter: its export, the archive or the CSV file
    Goatcounter(NumbersFlags),
    /// Numbers from Waline: its export in JSON
    Waline(NumbersFlags),
    /// Numbers from Plausible: imported_pages_….csv of its export
    Plausible(NumbersFlags),
    /// Numbers from WordPress: its export in XML, with those of WP-PostViews
    Wordpress(NumbersFlags),
    /// What `export` wrote, whole, into a store that holds nothing yet
    Export {
        /// The export; - for standard input.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// Flags of `import log`.
#[derive(Debug, Args)]
pub struct LogFlags {
    /// Access logs; - for standard input, which is not remembered.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Which paths are posts: {slug} is one part of the path, {*slug} the rest of it; {year}, {month}, {day} are
    /// digits, {_} is any part, {*_} any number of them. Repeatable, the first that fits
    #[arg(long = "path", value_name = "PATTERN", default_value = "/{*_}/{slug}")]
    pub paths: Vec<PathPattern>,
    /// Sites that the log may be of: pages of one last part are then told apart [default: where posts have their pages]
    #[arg(
        long,
        env = "VIEWTALLY_SITE",
        hide_env = true,
        value_name = "URL,…",
        value_delimiter = ',',
        value_parser = site
    )]
    pub site: Vec<Site>,
    /// Make the posts that are missing
    #[arg(long)]
    pub create: bool,
    /// With --create, make posts of assets too: scripts, styles, images, fonts, feeds, archives
    #[arg(long, requires = "create")]
    pub assets: bool,
    /// Say what would be counted, and write nothing: it is tried on a copy of the store
    #[arg(long)]
    pub dry_run: bool,
    /// Take back what was counted of these logs, as if they had never been imported
    #[arg(long, conflicts_with_all = ["create", "again", "paths"])]
    pub undo: bool,
    /// Count a log again that was imported before
    #[arg(long)]
    pub again: bool,
    /// Count a viewer's repeats of a post once in so long; 0 counts every view
    #[arg(
        long,
        env = "VIEWTALLY_DEDUP_WINDOW", hide_env = true,
        value_name = "TIME",
        default_value = "0",
        value_parser = duration
    )]
    pub dedup_window: Duration,
}

/// Flags of the imports of other counters' numbers.
#[derive(Debug, Args)]
pub struct NumbersFlags {
    /// The exports. What was imported before is not added again.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Sites that the pages are of [default: where posts have their pages]
    #[arg(
        long,
        env = "VIEWTALLY_SITE",
        hide_env = true,
        value_name = "URL,…",
        value_delimiter = ',',
        value_parser = site
    )]
    pub site: Vec<Site>,
    /// Make posts of pages that have none
    #[arg(long)]
    pub create: bool,
    /// Say what would be added, and write nothing: it is tried on a copy of the store
    #[arg(long)]
    pub dry_run: bool,
}

/// Flags of `import counts`.
#[derive(Debug, Args)]
pub struct CountsFlags {
    /// The numbers; - for standard input.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Kept with each correction [default: imported from FILE]
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

//! `viewtally import posts`, and `serve --import`: imports files, and prints a line for each that its author should know
//! of.

use std::path::PathBuf;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output::{print_error, print_line};
use super::retry::retry_while_busy;
use super::status::Status;
use crate::import::{self, FileError, Found, ImportedPost, Outcome, SkipReason};
use crate::model::TimestampMs;
use crate::store::{ImportContent, Imported, Source, Store, StoreOptions, StoreUrl};
use crate::{app, clock};

/// How many files were imported, skipped, or failed.
#[derive(Debug, Default)]
pub(super) struct Report {
    created: u64,
    updated: u64,
    unchanged: u64,
    drafts: u64,
    hidden: u64,
    future: u64,
    failed: u64,
}

pub(super) fn run(url: &StoreUrl, paths: &[PathBuf], max_body: u64) -> anyhow::Result<Status> {
    let store = app::open_store(url, StoreOptions::default())?;
    let report = import(&*store, paths, max_body)?;
    print_line(&report);
    Ok(Status::of_failures(report.failed))
}

/// Imports everything below `paths`.
///
/// # Errors
/// Only when the store fails. Files that cannot be imported are reported when they are found, and counted.
pub(super) fn import(
    store: &dyn Store,
    paths: &[PathBuf],
    max_body: u64,
) -> anyhow::Result<Report> {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    bar.set_style(
        ProgressStyle::with_template("{spinner} {pos} files, {per_sec}, {elapsed}")
            .unwrap_or_else(|_| ProgressStyle::default_spinner()),
    );
    let mut report = Report::default();
    let mut found_any = false;
    for found in import::walk(paths) {
        found_any = true;
        bar.inc(1);
        // The bar is redrawn below the lines.
        bar.suspend(|| report.add(store, found, max_body))?;
    }
    bar.finish_and_clear();
    if !found_any {
        report.failed += 1;
        print_error(nothing_found(paths));
    }
    Ok(report)
}

/// What is said where no Markdown file was found, and no path was wrong.
fn nothing_found(paths: &[PathBuf]) -> String {
    let paths: Vec<String> = paths
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    format!(
        "{}: there are no Markdown files in it (.md, .markdown, .mdx, .mdown); name the folder that holds the posts",
        paths.join(", ")
    )
}

impl Report {
    /// Imports one file.
    ///
    /// # Errors
    /// Only when the store fails.
    fn add(&mut self, store: &dyn Store, found: Found, max_body: u64) -> anyhow::Result<()> {
        let now = clock::now();
        let (file, root) = match found {
            Found::File { file, root } => (file, root),
            Found::Hidden(path) => {
                tracing::debug!("skipped the hidden {}", path.display());
                self.hidden += 1;
                return Ok(());
            }
            Found::Failed(error) => {
                self.fail(&error);
                return Ok(());
            }
        };
        match import::read(&file, &root, now.timestamp(), max_body) {
            Ok(Outcome::Post(post)) => self.store(store, *post, now)?,
            Ok(Outcome::Skipped(SkipReason::Draft)) => self.drafts += 1,
            Ok(Outcome::Skipped(SkipReason::Hidden)) => self.hidden += 1,
            Ok(Outcome::Skipped(SkipReason::Future)) => self.future += 1,
            Err(error) => self.fail(&error),
        }
        Ok(())
    }

    fn store(
        &mut self,
        store: &dyn Store,
        post: ImportedPost,
        now: TimestampMs,
    ) -> anyhow::Result<()> {
        let wanted = post.slug.clone();
        let file = post.source.clone();
        let source = Source {
            absolute: post.source,
            relative: post.relative,
        };
        let content = ImportContent {
            slug: post.slug,
            address: post.address,
            title: post.title,
            summary: post.summary,
            body: post.body,
            tags: post.tags,
            published_at: post.published_at.map(TimestampMs),
            updated_at: post.updated_at.map(TimestampMs),
        };
        let imported = match retry_while_busy(|| store.import(&source, &content, now))? {
            Imported::Created(imported) => {
                self.created += 1;
                imported
            }
            Imported::Updated(imported) => {
                self.updated += 1;
                imported
            }
            Imported::Unchanged(_) => {
                self.unchanged += 1;
                return Ok(());
            }
        };
        if imported.slug != wanted {
            print_error(format_args!(
                "{file}: the slug {wanted} is taken, served as {slug}; its own page needs data-post=\"{slug}\"",
                slug = imported.slug
            ));
        }
        Ok(())
    }

    fn fail(&mut self, error: &FileError) {
        self.failed += 1;
        print_error(error);
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "imported: {} new, {} updated, {} unchanged; skipped: {} drafts, {} hidden, {} dated in the future; {} failed",
            self.created,
            self.updated,
            self.unchanged,
            self.drafts,
            self.hidden,
            self.future,
            self.failed
        )
    }
}

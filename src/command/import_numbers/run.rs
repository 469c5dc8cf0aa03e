//! Reads the exports, finds the post of each page, and adds what is new.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::collected::{Collected, PageViews};
use super::report::Report;
use crate::cli::NumbersFlags;
use crate::command::import_log::Trial;
use crate::command::output::{print_error, print_line};
use crate::command::retry::retry_while_busy;
use crate::command::status::Status;
use crate::import::numbers::{Item, NumbersFrom};
use crate::model::{PageAddress, PostId, Sites, TimestampMs};
use crate::store::{BroughtNumbers, LoggedPost, MAX_NUMBER, Store, StoreOptions, StoreUrl};
use crate::{app, clock};

/// Pages that are looked up at once.
const PAGES: usize = 500;
/// Rows that are written at once: a write of a fraction of a second, which delays a server on the same database.
const ROWS: usize = 5_000;
/// Damaged lines that are told each by itself.
const TOLD: u64 = 20;

pub(in crate::command) fn run(
    url: &StoreUrl,
    from: NumbersFrom,
    flags: NumbersFlags,
) -> anyhow::Result<Status> {
    let trial = flags.dry_run.then(|| Trial::of(url)).transpose()?;
    let url = trial.as_ref().map_or(url, Trial::url);
    let store = app::open_store(url, StoreOptions::default())?;
    let mut report = Report::default();
    let mut collected = Collected::default();
    for file in &flags.files {
        if let Err(error) = read(from, file, &mut collected, &mut report) {
            report.failed += 1;
            print_error(format_args!("{}: {error}", file.display()));
        }
    }
    let hosts = match flags.site.is_empty() {
        true => retry_while_busy(|| store.hosts()).context("cannot read the store")?,
        false => Sites(flags.site).hosts(),
    };
    let posts = find_posts(&*store, collected.pages, &hosts, flags.create, &mut report)
        .with_context(|| format!("cannot look up the pages of {}", from.name()))?;
    add(&*store, from, posts, &mut report)
        .with_context(|| format!("cannot add the numbers of {}; try again", from.name()))?;
    print_line(&report);
    if trial.is_some() {
        print_line("this was a dry run: nothing was written");
    }
    Ok(Status::of_failures(report.failed + report.damaged))
}

fn read(
    from: NumbersFrom,
    file: &Path,
    collected: &mut Collected,
    report: &mut Report,
) -> std::io::Result<()> {
    let size = std::fs::metadata(file)?.len();
    let bar = ProgressBar::with_draw_target(Some(size), ProgressDrawTarget::stderr());
    bar.set_style(
        ProgressStyle::with_template("{bar:30} {bytes} of {total_bytes}, {eta} left")
            .unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    let wrapped = bar.clone();
    let mut take = |item: Item| match item {
        Item::Row(row) if row.views > MAX_NUMBER => {
            report.damaged += 1;
            let page = row.page.escape_debug();
            print_error(format_args!(
                "{}: {} views of {page} are too many",
                file.display(),
                row.views
            ));
        }
        Item::Row(row) => collected.add(row),
        Item::Other => report.other += 1,
        Item::Damaged { part, line, why } => {
            report.damaged += 1;
            let part = if part.is_empty() {
                String::new()
            } else {
                format!("{part}:")
            };
            if report.damaged <= TOLD {
                bar.suspend(|| print_error(format_args!("{}:{part}{line}: {why}", file.display())));
            }
        }
    };
    let done = from.read(
        file,
        |opened| Box::new(wrapped.wrap_read(opened)),
        &mut take,
    );
    bar.finish_and_clear();
    done
}

/// The views of each post that a page was found for.
fn find_posts(
    store: &dyn Store,
    pages: Vec<PageViews>,
    hosts: &[String],
    create: bool,
    report: &mut Report,
) -> anyhow::Result<BTreeMap<PostId, PageViews>> {
    let now = clock::now();
    let mut posts: BTreeMap<PostId, PageViews> = BTreeMap::new();
    let mut rest = pages;
    while !rest.is_empty() {
        let chunk: Vec<PageViews> = rest.drain(..rest.len().min(PAGES)).collect();
        let named: Vec<(PageViews, Vec<PageAddress>, String)> = chunk
            .into_iter()
            .map(|page| {
                let pages = addresses(&page.page, hosts);
                let slug = pages.first().map(PageAddress::slug_to_be);
                (page, pages, slug.unwrap_or_default())
            })
            .collect();
        let names: Vec<LoggedPost<'_>> = named
            .iter()
            .filter(|(_, pages, _)| !pages.is_empty())
            .map(|(page, pages, slug)| LoggedPost {
                slug,
                title: if page.title.is_empty() {
                    slug
                } else {
                    &page.title
                },
                pages: pages.clone(),
                at: page.first().map_or(now, TimestampMs),
            })
            .collect();
        let found = retry_while_busy(|| store.find_or_create(&names, create))?;
        report.created += found.created.len() as u64;
        let mut ids = found.ids.into_iter();
        for (page, pages, _) in named {
            let id = if pages.is_empty() {
                None
            } else {
                ids.next().flatten()
            };
            let Some(id) = id else {
                report.unmatched.push((page.page.clone(), page.views()));
                continue;
            };
            report.matched += 1;
            report.views = report.views.saturating_add(page.views());
            let post = posts.entry(id).or_default();
            post.total = post.total.saturating_add(page.total);
            for (hour, views) in page.hours {
                *post.hours.entry(hour).or_default() += views;
            }
        }
    }
    Ok(posts)
}

/// The pages that one of an export may be: on its own host, if that is one of those known; else on each.
fn addresses(page: &str, hosts: &[String]) -> Vec<PageAddress> {
    let Ok(page) = PageAddress::parse(page) else {
        return Vec::new();
    };
    match page.host() {
        "" if hosts.is_empty() => vec![page],
        "" => hosts.iter().map(|host| page.on(host)).collect(),
        host if hosts.is_empty() || hosts.iter().any(|known| known == host) => vec![page],
        _ => Vec::new(),
    }
}

fn add(
    store: &dyn Store,
    from: NumbersFrom,
    posts: BTreeMap<PostId, PageViews>,
    report: &mut Report,
) -> anyhow::Result<()> {
    let reason = format!("imported from {}", from.name());
    let totals: Vec<(PostId, i64)> = posts
        .iter()
        .filter(|(_, post)| post.total > 0)
        .map(|(&id, post)| (id, post.total.min(MAX_NUMBER)))
        .collect();
    let hours: Vec<(PostId, i64, i64)> = posts
        .iter()
        .flat_map(|(&id, post)| {
            post.hours
                .iter()
                .map(move |(&hour, &views)| (id, hour, views))
        })
        .collect();
    let mut bring = |totals, hours| -> anyhow::Result<()> {
        let numbers = BroughtNumbers {
            reason: &reason,
            totals,
            hours,
            at: clock::now(),
        };
        let brought = retry_while_busy(|| store.bring(&numbers))?;
        report.added = report.added.saturating_add(brought.views);
        Ok(())
    };
    for chunk in totals.chunks(ROWS) {
        bring(chunk, &[])?;
    }
    for chunk in hours.chunks(ROWS) {
        bring(&[], chunk)?;
    }
    Ok(())
}

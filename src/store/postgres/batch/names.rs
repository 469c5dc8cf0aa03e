//! The named viewers of a batch: their numbers, and who of them was forgotten.

use std::collections::{BTreeSet, HashMap, HashSet};

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text};

use super::super::queries::forgotten;
use crate::model::{PostId, ViewerVisit, ViewingKey};
use crate::store::error::StoreError;
use crate::store::sql::schema::{forgotten_viewers, viewers};

/// What the store knows of a batch's names.
pub struct Names {
    /// When the last viewer of a name was forgotten, where one was.
    forgotten: HashMap<String, i64>,
    numbers: HashMap<String, i64>,
}

impl Names {
    /// Asks who was forgotten of those who have viewed one of `posts`.
    pub fn of(
        connection: &mut PgConnection,
        visits: &[ViewerVisit<'_>],
        posts: &HashSet<PostId>,
    ) -> Result<Names, StoreError> {
        let names: BTreeSet<&str> = visits
            .iter()
            .filter(|visit| posts.contains(&visit.post))
            .filter_map(|visit| name(visit.viewer))
            .collect();
        let mut forgotten = HashMap::new();
        if !names.is_empty() && forgotten::any(connection)? {
            let hashes: Vec<i64> = names.iter().map(|name| forgotten::hash(name)).collect();
            let found: Vec<(i64, i64)> = forgotten_viewers::table
                .filter(forgotten_viewers::name_hash.eq_any(hashes))
                .load(connection)?;
            let found: HashMap<i64, i64> = found.into_iter().collect();
            let times = names.iter().filter_map(|name| {
                let at = found.get(&forgotten::hash(name))?;
                Some(((*name).to_owned(), *at))
            });
            forgotten.extend(times);
        }
        Ok(Names {
            forgotten,
            numbers: HashMap::new(),
        })
    }

    /// The time up to which a viewer's reads are of nobody any more: the least there is, for one who was not forgotten.
    pub fn forgotten_at(&self, viewer: ViewingKey<'_>) -> i64 {
        let at = name(viewer).and_then(|name| self.forgotten.get(name));
        at.copied().unwrap_or(i64::MIN)
    }

    /// Finds the numbers of these viewers, and gives one to each name that has none.
    pub fn give_numbers<'b>(
        &mut self,
        connection: &mut PgConnection,
        wanted: impl Iterator<Item = ViewingKey<'b>>,
    ) -> Result<(), StoreError> {
        let mut missing: BTreeSet<&str> = wanted.filter_map(name).collect();
        self.find(connection, &mut missing)?;
        if missing.is_empty() {
            return Ok(());
        }
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = BigInt)]
            id: i64,
            #[diesel(sql_type = Text)]
            name: String,
        }
        // In the order of names, on every node.
        let given: Vec<Row> = diesel::sql_query(
            "INSERT INTO viewers (name) SELECT name FROM unnest($1) WITH ORDINALITY AS new (name, place) \
             ORDER BY place ON CONFLICT (name) DO NOTHING RETURNING id, name",
        )
        .bind::<Array<Text>, _>(Vec::from_iter(&missing))
        .load(connection)?;
        for row in given {
            missing.remove(row.name.as_str());
            self.numbers.insert(row.name, row.id);
        }
        // Another node has just given the rest.
        self.find(connection, &mut missing)
    }

    /// Finds the numbers of some names; takes out those that have one.
    fn find(
        &mut self,
        connection: &mut PgConnection,
        names: &mut BTreeSet<&str>,
    ) -> Result<(), StoreError> {
        if names.is_empty() {
            return Ok(());
        }
        let found: Vec<(String, i64)> = viewers::table
            .filter(viewers::name.eq_any(Vec::from_iter(names.iter().copied())))
            .select((viewers::name, viewers::id))
            .load(connection)?;
        for (name, id) in found {
            names.remove(name.as_str());
            self.numbers.insert(name, id);
        }
        Ok(())
    }

    /// The number of a viewer; for a name, one that was given.
    pub fn number(&self, viewer: ViewingKey<'_>) -> i64 {
        match viewer {
            ViewingKey::Anonymous(number) => number,
            ViewingKey::Named(name) => self.numbers[name],
        }
    }
}

fn name(viewer: ViewingKey<'_>) -> Option<&str> {
    match viewer {
        ViewingKey::Anonymous(_) => None,
        ViewingKey::Named(name) => Some(name),
    }
}

//! A batch cut into several, for what takes only so much at once.

use super::batch::Batch;
use super::time::TimestampMs;
use super::viewer::Viewer;
use super::viewing::ViewingKey;

impl Batch {
    /// Cuts the batch into at most `parts` of about as many entries each, none of them empty. Together they hold its events;
    /// of its places in journals they know nothing.
    pub fn cut(&self, parts: usize) -> Vec<Batch> {
        let size = self.entries().div_ceil(parts.max(1)).max(1);
        let mut cut: Vec<Batch> = Vec::with_capacity(parts);
        let mut add = |entry: &dyn Fn(&mut Batch)| match cut.last_mut() {
            Some(part) if part.entries() < size => entry(part),
            _ => {
                let mut part = Batch::new(self.window());
                entry(&mut part);
                cut.push(part);
            }
        };
        for entry in self.sorted_views() {
            let at = TimestampMs(entry.hour);
            add(&|part| part.add_views(entry.post, at, entry.views));
        }
        for entry in self.sorted_visits() {
            let viewer = match entry.viewer {
                ViewingKey::Anonymous(number) => Viewer::Anonymous(number),
                ViewingKey::Named(name) => Viewer::Named(name.into()),
            };
            add(&|part| part.add_visit(entry.post, &viewer, entry.visit));
        }
        for entry in self.sorted_ledger() {
            let at = TimestampMs(entry.day);
            add(&|part| part.add_uncounted(entry.post, at, entry.reason, entry.count));
        }
        cut
    }
}

#[cfg(test)]
mod tests {
    use super::super::reason::Reason;
    use super::super::view_event::ViewEvent;
    use super::*;

    #[test]
    fn the_parts_hold_what_the_batch_held() {
        let mut batch = Batch::default();
        for n in 0..1000_i64 {
            batch.add(ViewEvent {
                post: n % 37,
                at: TimestampMs(n * 1000),
                viewer: (n % 3 == 0).then_some(Viewer::Anonymous(-n - 1)),
                uncounted: (n % 7 == 1).then_some(Reason::Bot),
            });
        }
        batch.add_visit(
            1,
            &Viewer::Named("ann".into()),
            crate::model::Visit {
                first: 1,
                last: 1,
                count: 3,
            },
        );
        for parts in [1, 2, 7, 100_000] {
            let cut = batch.cut(parts);
            assert!(cut.len() <= parts && cut.iter().all(|part| !part.is_empty()));
            let mut whole = Batch::default();
            cut.into_iter().for_each(|part| whole.merge(part));
            assert_eq!(whole.events(), batch.events());
            assert_eq!(whole.sorted_views(), batch.sorted_views());
            assert!(whole.sorted_visits().eq(batch.sorted_visits()));
            assert_eq!(whole.sorted_ledger(), batch.sorted_ledger());
        }
        assert!(Batch::default().cut(3).is_empty());
    }
}

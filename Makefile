# What CI runs, and nothing CI does not.
CARGO = cargo
PREFIX ?= $(HOME)/.local

.PHONY: run test test-long test-thorough check install clean
.PHONY: bench bench-peers bench-scaling bench-locked bench-counting bench-demands bench-smoke

## Serve the sample posts on http://127.0.0.1:8080, counts in data/.
run:
	$(CARGO) run --release --locked -- serve --import src/samples

## All quick tests.
test:
	$(CARGO) test --locked

## The slow tests: minutes of load, locks held for long, a million of this and that.
test-long:
	$(CARGO) test --release --locked --test main -- --ignored --test-threads=1

## Twenty stops under ten seconds of load, for each count of counters, overflow rule and channel: half an hour.
test-thorough:
	VIEWTALLY_THOROUGH=1 $(CARGO) test --release --locked --test main -- --ignored --test-threads=3 counting::overflow::

## Formatting, lints, documentation.
check:
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --no-deps --document-private-items

## All that README's numbers come from: the four below, each to its end, then a failure if one failed. Three hours.
bench:
	@failed=; for part in peers scaling locked counting; do \
		$(MAKE) bench-$$part || failed="$$failed $$part"; \
	done; test -z "$$failed" || { echo "failed:$$failed" >&2; exit 1; }

## Against what people would use instead. See tests/bench/main.rs.
bench-peers:
	$(CARGO) bench --locked --bench peers -- --close

## Cost of a read with up to a million posts and 5,000 connections.
bench-scaling:
	$(CARGO) bench --locked --bench peers -- --scaling

## Reads while the database is locked.
bench-locked:
	$(CARGO) bench --locked --bench peers -- --locked

## Counting without HTTP.
bench-counting:
	$(CARGO) bench --locked --bench counting

## The ratios demanded, and only the contenders and cases they need. Ten minutes.
bench-demands:
	$(CARGO) bench --locked --bench peers -- --demanded

## Instructions per request against the checked-in figure.
bench-smoke:
	$(CARGO) bench --locked --bench peers -- --smoke

## Put the binary into $(PREFIX)/bin.
install:
	$(CARGO) install --locked --path . --root $(PREFIX)

clean:
	$(CARGO) clean

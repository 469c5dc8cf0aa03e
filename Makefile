# What CI runs, and nothing CI does not.
CARGO = cargo
PREFIX ?= $(HOME)/.local

.PHONY: run test test-long test-thorough check bench bench-smoke install clean

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

## Measure against what people would use instead. Takes a while; see tests/bench/main.rs.
bench:
	$(CARGO) bench --locked --bench peers -- --close

## Instructions per request against the checked-in figure.
bench-smoke:
	$(CARGO) bench --locked --bench peers -- --smoke

## Put the binary into $(PREFIX)/bin.
install:
	$(CARGO) install --locked --path . --root $(PREFIX)

clean:
	$(CARGO) clean

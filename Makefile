# What CI runs, and nothing CI does not.
CARGO = cargo
PREFIX ?= $(HOME)/.local

.PHONY: run test test-nodes test-long test-thorough check pictures deb install clean
.PHONY: fuzz fuzz-lock soak cluster
.PHONY: bench bench-peers bench-scaling bench-locked bench-counting bench-postgres bench-queue bench-demands bench-smoke

## Serve the sample posts on http://127.0.0.1:8080, counts in data/.
run:
	$(CARGO) run --release --locked -- serve --import src/samples

## All quick tests.
test:
	$(CARGO) test --locked

## Everything that is built on demand.
ALL = postgres,kafka,redis,sqs

## The tests of PostgreSQL, of several nodes and of queues, on private instances that they start.
test-nodes:
	$(CARGO) test --locked --features $(ALL) -- postgres cluster:: queue

## The slow tests: minutes of load, locks held for long, a million of this and that. `make soak` and the speed of pages
## (`pages::speed`) are asked for by name. SKIP='--skip queue::' leaves out a million views through each queue, half an hour.
test-long:
	$(CARGO) test --release --locked $(if $(FEATURES),--features $(FEATURES)) --test main -- --ignored --test-threads=1 --skip soak:: --skip pages::speed $(SKIP)

## Twenty stops under ten seconds of load, for each count of counters, overflow rule and channel: half an hour.
test-thorough:
	VIEWTALLY_THOROUGH=1 $(CARGO) test --release --locked --test main -- --ignored --test-threads=3 counting::overflow::

## Random inputs for one parser, such as `make fuzz TARGET=log_lines RUNS=1000000`; the targets are in tests/fuzz/targets.
## Needs `cargo install cargo-fuzz --locked` and a C++ compiler, no nightly: the code has no unsafe block to sanitize.
RUNS ?= 10000000
MAX_LEN ?= 512
FUZZ = $(CURDIR)/target/fuzz
fuzz:
	$(CARGO) run --locked --manifest-path tests/fuzz/Cargo.toml --target-dir target --bin seeds -- $(TARGET) $(FUZZ)/corpus/$(TARGET)
	mkdir -p $(FUZZ)/crashes/$(TARGET)
	$(CARGO) fuzz run --fuzz-dir tests/fuzz --target-dir $(FUZZ) --sanitizer none --codegen-units 16 $(TARGET) $(FUZZ)/corpus/$(TARGET) -- \
		-runs=$(RUNS) -max_len=$(MAX_LEN) -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix=$(FUZZ)/crashes/$(TARGET)/

## Gives the fuzz targets the product's versions of what both use, after Cargo.lock has changed.
fuzz-lock:
	cp Cargo.lock tests/fuzz/Cargo.lock
	$(CARGO) metadata --manifest-path tests/fuzz/Cargo.toml --format-version 1 >/dev/null

## Rounds of load with locks, kills, signals, full disks, clock steps, imports and edits, each checked to the last view.
MINUTES ?= 20
soak:
	VIEWTALLY_SOAK_MINUTES=$(MINUTES) $(CARGO) test --release --locked --test main -- --ignored --nocapture --exact soak::run::every_round_is_exact

## Three nodes behind nginx on a PostgreSQL of their own and a small load, until Ctrl-C or, with SECONDS=n, for so long.
## Needs Debian's postgresql and nginx-light; nothing of it stays.
SECONDS ?=
cluster:
	tests/cluster/run.sh $(SECONDS)

## Formatting, lints, documentation.
check:
	$(CARGO) fmt --check
	$(CARGO) fmt --check --manifest-path tests/fuzz/Cargo.toml
	$(CARGO) clippy --locked --all-targets -- -D warnings
	$(CARGO) clippy --locked --all-targets --features $(ALL) -- -D warnings
	$(CARGO) clippy --locked --manifest-path tests/fuzz/Cargo.toml --target-dir target -- -D warnings
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

## The same into a PostgreSQL of its own.
bench-postgres:
	$(CARGO) bench --locked --features postgres --bench counting -- --postgres

## The same through a queue that runs, for itself alone: make bench-queue QUEUE=redis://127.0.0.1
bench-queue:
	$(CARGO) bench --locked --features $(ALL) --bench counting -- --postgres --queue '$(QUEUE)'

## The ratios demanded, and only the contenders and cases they need. Ten minutes.
bench-demands:
	$(CARGO) bench --locked --bench peers -- --demanded

## Instructions per request against the checked-in figure.
bench-smoke:
	$(CARGO) bench --locked --bench peers -- --smoke

## The pictures in README, taken anew by the tests.
pictures:
	mkdir -p tests/pages/pictures
	$(CARGO) test --locked --test main -- readme_pictures
	cp target/screenshots/readme-*.png tests/pages/pictures/

## A Debian package in target/deb: program, units, man page, completions, examples.
deb:
	$(CARGO) build --release --locked
	src/packaging/deb.sh target/release/viewtally target/deb

## Put the binary into $(PREFIX)/bin.
install:
	$(CARGO) install --locked --path . --root $(PREFIX)

clean:
	$(CARGO) clean

//! From arguments to [`Cli`]: the flags of `serve` are understood before and after its name, and refused before other
//! commands, which would not follow them.

use std::ffi::{OsStr, OsString};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command, CommandFactory, Error, FromArgMatches};

use super::command_line::Cli;
use super::serve::ServeFlags;

const SERVE: &str = "serve";

/// The flag of `serve` that `import posts` follows too.
const OF_IMPORT_POSTS: &str = "max_body";

impl Cli {
    /// Parses arguments, the first of which names the program.
    ///
    /// # Errors
    /// What is wrong with them, or the help that they ask for.
    pub fn from_arguments(arguments: impl IntoIterator<Item = OsString>) -> Result<Cli, Error> {
        let mut arguments: Vec<OsString> = arguments.into_iter().collect();
        let mut command = Cli::command();
        let parse = |command: &Command, arguments: &[OsString]| {
            let matches = command.clone().try_get_matches_from(arguments);
            matches.map_err(suggest_listen)
        };
        let mut matches = parse(&command, &arguments)?;
        match matches.subcommand_name() {
            None => {}
            Some(SERVE) => {
                if let Some(place) = place_of_serve(&command, &arguments) {
                    // As if all had been given after it: a flag given in both places is given twice.
                    arguments[1..=place].rotate_right(1);
                    matches = parse(&command, &arguments)?;
                }
            }
            Some(name) => {
                if let Some(flag) = flag_of_serve(&matches) {
                    let message = format!("{flag} is a flag of serve; {name} does not follow it\n");
                    return Err(command.error(ErrorKind::ArgumentConflict, message));
                }
            }
        }
        Cli::from_arg_matches(&matches)
    }
}

/// Flags that other servers have for what is `--listen` here, and that are not spelt nearly alike.
const OTHERS_LISTEN: [&str; 6] = ["--port", "--bind", "--host", "--addr", "--address", "-p"];

/// Adds to the refusal of one of them what it is called here.
fn suggest_listen(mut error: Error) -> Error {
    let unknown = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(flag)) if error.kind() == ErrorKind::UnknownArgument => flag,
        _ => return error,
    };
    if OTHERS_LISTEN.contains(&unknown.as_str()) {
        let tip = "to serve elsewhere, use --listen, such as --listen 9000 or --listen 0.0.0.0:80";
        error.remove(ContextKind::SuggestedArg);
        error.remove(ContextKind::Usage);
        error.insert(
            ContextKind::Suggested,
            ContextValue::StyledStrs(vec![tip.into()]),
        );
    }
    error
}

/// The index of the subcommand `serve`: the first word `serve` before which all flags have their values.
fn place_of_serve(command: &Command, arguments: &[OsString]) -> Option<usize> {
    let serves = |place: &usize| {
        let before = command.clone().try_get_matches_from(&arguments[..*place]);
        arguments[*place] == OsStr::new(SERVE) && before.is_ok()
    };
    (1..arguments.len()).find(serves)
}

/// A flag of `serve` that was given before another command, which does not follow it.
fn flag_of_serve(matches: &ArgMatches) -> Option<String> {
    let imports_posts = matches
        .subcommand()
        .is_some_and(|(_, import)| import.subcommand_name() == Some("posts"));
    let flags = ServeFlags::augment_args(Command::new(SERVE));
    let given = flags.get_arguments().find(|flag| {
        matches.value_source(flag.get_id().as_str()) == Some(ValueSource::CommandLine)
            && !(imports_posts && flag.get_id() == OF_IMPORT_POSTS)
    });
    Some(format!("--{}", given?.get_long()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli;

    fn parse(line: &str) -> Result<Cli, Error> {
        Cli::from_arguments(line.split(' ').map(OsString::from))
    }

    fn flags(line: &str) -> ServeFlags {
        match parse(line).unwrap().command {
            Some(cli::Command::Serve(flags)) => *flags,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn flags_mean_the_same_on_both_sides_of_serve() {
        for line in [
            "viewtally --viewers off --counters 3 --token=serve --store sqlite:a.db serve",
            "viewtally --viewers off --token serve serve --counters 3 --store sqlite:a.db",
            "viewtally serve --viewers off --counters 3 --token serve --store sqlite:a.db",
        ] {
            let flags = flags(line);
            let seen = (flags.viewers, flags.counters, flags.token.as_deref());
            assert_eq!(seen, (false, 3, Some("serve")), "{line}");
            assert_eq!(parse(line).unwrap().store.to_string(), "a.db", "{line}");
        }
        let both = flags("viewtally --exclude 10.0.0.1 serve --exclude 10.0.0.2");
        assert_eq!(both.exclude.len(), 2, "lists are joined");
    }

    #[test]
    fn a_flag_given_on_both_sides_is_an_error_as_it_is_on_one() {
        for line in [
            "viewtally --counters 2 serve --counters 3",
            "viewtally --counters 2 --counters 3 serve",
            "viewtally --token a serve --token-file b",
        ] {
            let kind = parse(line).unwrap_err().kind();
            assert_eq!(kind, ErrorKind::ArgumentConflict, "{line}");
        }
    }

    #[test]
    fn flags_of_serve_are_refused_before_commands_that_do_not_follow_them() {
        for line in [
            "viewtally --viewers off top",
            "viewtally --max-body 2MiB check",
            "viewtally --listen 127.0.0.1:0 import posts a.md",
        ] {
            let error = parse(line).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ArgumentConflict, "{line}");
            assert!(error.to_string().contains("a flag of serve"), "{error}");
        }
        for line in [
            "viewtally --store sqlite:a.db top",
            "viewtally --max-body 2MiB import posts a.md",
            "viewtally --viewers off",
        ] {
            assert!(parse(line).is_ok(), "{line}");
        }
    }
}

//! Starts the log: lines on standard error.

use tracing_subscriber::EnvFilter;

use crate::cli::LogFormat;
use crate::config::ConfigError;

/// Starts the log.
///
/// # Errors
/// When `level` is neither a level nor a filter.
pub(super) fn start(level: &str, format: LogFormat) -> Result<(), ConfigError> {
    // A filter takes a lone word that is no level for the name of a module; nothing would be logged.
    let lone_word = level.chars().all(|c| c.is_ascii_alphanumeric());
    if lone_word
        && level
            .parse::<tracing::level_filters::LevelFilter>()
            .is_err()
    {
        let why = format!("--log {level:?} is no level; try error, warn, info, debug or trace");
        return Err(ConfigError::new(why));
    }
    let filter = EnvFilter::try_new(level).map_err(|error| {
        ConfigError::new(format!(
            "--log {level:?} is no level: {error}; try info or debug"
        ))
    })?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    // A process has one subscriber; a test that runs two servers keeps the first one's.
    let _ = match format {
        LogFormat::Text => lines
            .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
            .try_init(),
        LogFormat::Json => lines.json().try_init(),
    };
    Ok(())
}

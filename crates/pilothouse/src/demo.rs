//! x
use cli::CliError;
use protocol::Code;
pub(crate) async fn demo(_a: bool) -> Result<Code, CliError> {
    Ok(Code::Done)
}

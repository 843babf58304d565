//! The asking side.

use std::io::ErrorKind;

use anyhow::{Context, bail};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

use super::{LINE_LIMIT, Reply, Request, socket_path};
use crate::cli::serve::open_desk;
use crate::config::Config;

/// Carries a wish out: by the running server, or here where none runs.
pub(in crate::cli) fn perform(config: &Config, request: Request) -> anyhow::Result<Reply> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let reply = runtime.block_on(async {
        match UnixStream::connect(socket_path(&config.data_dir)).await {
            Ok(stream) => ask(stream, &request).await,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) => {
                let opened = open_desk(config).await?;
                Ok(request.run(&opened.desk).await)
            }
            Err(error) => Err(error).context("cannot reach the running server"),
        }
    })?;
    match reply {
        Reply::Failed(why) => bail!(why),
        done => Ok(done),
    }
}

async fn ask(mut stream: UnixStream, request: &Request) -> anyhow::Result<Reply> {
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    stream.write_all(&line).await?;
    let mut answer = String::new();
    BufReader::new(stream.take(LINE_LIMIT)).read_line(&mut answer).await.context("the server did not answer")?;
    serde_json::from_str(&answer).context("the server's answer cannot be read")
}

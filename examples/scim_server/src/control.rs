//! The server's other ear: what makes organizations. It takes one line of JSON for each connection.

use std::error::Error;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::{Doors, tenant};

/// Answers whoever asks for an organization.
pub(crate) async fn serve(listener: TcpListener, doors: Doors) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let doors = doors.clone();
        tokio::spawn(async move {
            let mut wanted = Vec::new();
            let read = stream.read_to_end(&mut wanted).await;
            let answer = match read {
                Ok(_) => answer(&doors, &wanted).await,
                Err(error) => serde_json::json!({ "error": error.to_string() }),
            };
            // Whoever has asked and gone needs no answer.
            let _ = stream.write_all(answer.to_string().as_bytes()).await;
        });
    }
}

async fn answer(doors: &Doors, wanted: &[u8]) -> Value {
    let made = match serde_json::from_slice(wanted) {
        Ok(wanted) => tenant::make(doors, &wanted).await,
        Err(error) => Err(error.to_string()),
    };
    match made {
        Ok(made) => serde_json::json!({ "base": made.base, "token": made.token }),
        Err(error) => serde_json::json!({ "error": error }),
    }
}

/// Asks a running server for an organization.
pub(crate) fn ask(url: &str, wanted: &str) -> Result<Value, Box<dyn Error>> {
    let address = url.strip_prefix("http://").ok_or("the control URL begins with http://")?;
    let mut stream = TcpStream::connect(address.trim_end_matches('/'))?;
    stream.write_all(wanted.as_bytes())?;
    stream.shutdown(std::net::Shutdown::Write)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let answer: Value = serde_json::from_str(&answer)?;
    match answer.get("error").and_then(Value::as_str) {
        Some(error) => Err(error.to_owned().into()),
        None => Ok(answer),
    }
}

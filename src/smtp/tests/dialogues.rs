//! Every dialogue of `fixtures/dialogues`, over a real socket.

use std::path::Path;

use super::dialogue;
use super::server::TestServer;

#[tokio::test]
async fn every_dialogue_goes_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/dialogues");
    let mut files: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "dialogue"));
    files.sort();
    assert!(files.len() > 20, "{} dialogues", files.len());
    let server = TestServer::start().await;
    let mut failures = Vec::new();
    for file in files {
        let text = tokio::fs::read_to_string(&file).await.unwrap();
        if let Err(problem) = dialogue::run(&text, &server).await {
            failures.push(format!("{}: {problem}", file.file_name().unwrap().to_string_lossy()));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[tokio::test]
async fn a_dialogue_that_goes_otherwise_is_noticed() {
    let server = TestServer::start().await;
    for wrong in ["s: 250 ", "s~ ^250", "s: 220\nc: QUIT\ns: 221\ns: 250", "s: 220\nletters 1", "what"] {
        assert!(dialogue::run(wrong, &server).await.is_err(), "{wrong}");
    }
}

use std::process::Command;
use std::time::{Duration, Instant};

use crate::desk_process::{DEADLINE, Desk};
use crate::smtp_client::SmtpClient;

/// A small file system of its own over the data folder; unmounted when dropped.
struct SmallDisk(std::path::PathBuf);

impl SmallDisk {
    fn mount(folder: &std::path::Path) -> Option<Self> {
        std::fs::create_dir_all(folder).expect("a folder");
        let done = Command::new("mount").args(["-t", "tmpfs", "-o", "size=200m", "tmpfs"]).arg(folder).status();
        done.is_ok_and(|status| status.success()).then(|| Self(folder.to_owned()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[tokio::test]
async fn with_452_and_then_250_again() {
    let mut desk = Desk::prepare("[limits]\nmin_free_space = 67108864\n\n");
    let Some(_disk) = SmallDisk::mount(&desk.data_dir()) else {
        println!("this user may not mount a small disk: nothing to show");
        return;
    };
    desk.run(["mailbox", "add", "--name", "Demo", "--prefix", "DEMO", "--address", "help@demo.test"]);
    desk.add_operator();
    desk.serve().await;
    assert!(SmtpClient::greet(desk.connect()).letter(b"Subject: one\r\n\r\nroom enough\r\n").starts_with("250 "));

    let filler = desk.data_dir().join("filler");
    fill(&filler);
    let refused = until(&desk, "452 4.3.1 ");
    assert!(refused, "a full disk is answered 452\n{}", desk.log());
    assert!(desk.is_alive());

    std::fs::remove_file(&filler).expect("the filler is removed");
    assert!(until(&desk, "250 "), "with room again, letters are taken again\n{}", desk.log());
    let number = |letter: &[u8]| SmtpClient::greet(desk.connect()).letter(letter);
    assert!(number(b"Subject: two\r\n\r\nroom again\r\n").starts_with("250 2.0.0 "));
    desk.eventually("/tickets", |page| page["total"] == 2).await;
}

/// Fills the disk to the last octet.
fn fill(path: &std::path::Path) {
    use std::io::Write;
    let mut file = std::fs::File::create(path).expect("a file");
    let block = vec![0u8; 1 << 20];
    while file.write_all(&block).is_ok() {}
}

/// What `MAIL` answers begins so, at some time before the deadline.
fn until(desk: &Desk, expected: &str) -> bool {
    let began = Instant::now();
    while began.elapsed() < DEADLINE {
        let mut client = SmtpClient::greet(desk.connect());
        client.command("EHLO client.test");
        if client.command("MAIL FROM:<anna@client.test>").starts_with(expected) {
            return true;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    false
}

//! Recognises letters that no person wrote (RFC 3834 §2 and the usual headers): stored, and never answered by a machine.

use super::Letter;

/// What gave the robot away: header name and value, or `null sender`.
pub type RobotSign = String;

/// The sign by which the letter is a robot's; `None` for a person's.
pub fn detect(letter: &Letter, null_sender: bool) -> Option<RobotSign> {
    let _ = (letter, null_sender);
    todo!("mail")
}

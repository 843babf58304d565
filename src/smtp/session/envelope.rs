//! MAIL and RCPT: the envelope.

use super::{Effect, Envelope, Greeted, Session, World};
use crate::desk::{DsnRecipient, DsnRequest, Reason, Resolution};
use crate::smtp::command::{Addressee, Sender, Target};
use crate::smtp::policy::{Asked, Refusal};
use crate::smtp::reply::Reply;
use crate::store::Health;

impl Session {
    /// RFC 5321 §4.1.1.2.
    pub(super) fn mail(&mut self, sender: Sender, world: &World<'_>, output: &mut Vec<u8>) -> Effect {
        let out_of_order = match self.greeted {
            Greeted::Not => Some(Reply::new(503, "5.5.1", "Say EHLO or HELO first")),
            _ if self.envelope.is_some() => Some(Reply::new(503, "5.5.1", "There is a sender already")),
            Greeted::Helo if sender.extended => Some(Reply::new(555, "5.5.4", "Parameters need EHLO")),
            _ => None,
        };
        if let Some(reply) = out_of_order {
            return self.error(reply, output);
        }
        let refusal = if sender.non_ascii && !sender.smtputf8 {
            Some(Reason::NeedsSmtpUtf8)
        } else if sender.require_tls && self.facts.tls.is_none() {
            Some(Reason::RequireTls)
        } else if sender.size > self.settings.message_size {
            Some(Reason::TooLarge)
        } else {
            match (world.health)() {
                Health::Ready => None,
                Health::LowDisk => Some(Reason::LowDisk),
                Health::Failed => Some(Reason::StoreUnavailable),
            }
        };
        if let Some(reason) = refusal {
            let key = sender.address.as_ref().map(crate::mail::Address::key);
            return self.refuse(&reason.into(), key.as_deref(), None, world.now, output);
        }
        if let Some(refusal) = (world.refuses)(Asked::Sender(sender.address.as_ref())) {
            let key = sender.address.as_ref().map(crate::mail::Address::key);
            return self.refuse(&refusal, key.as_deref(), None, world.now, output);
        }
        self.envelope = Some(Envelope {
            from: sender.address,
            recipients: Vec::new(),
            announced: sender.size,
            smtputf8: sender.smtputf8,
            require_tls: sender.require_tls,
            dsn: DsnRequest { ret: sender.ret, envid: sender.envid, recipients: Vec::new() },
        });
        Reply::new(250, "2.1.0", "OK").write_to(output);
        Effect::Continue
    }

    /// RFC 5321 §4.1.1.3. Only what the desk's directory knows is taken: nothing is relayed.
    pub(super) fn rcpt(&mut self, addressee: Addressee, world: &World<'_>, output: &mut Vec<u8>) -> Effect {
        let Addressee { target, notify, original, extended } = addressee;
        let chunked = self.chunked;
        let limit = self.settings.recipients;
        let Some(envelope) = self.envelope.as_mut().filter(|_| !chunked) else {
            return self.error(Reply::new(503, "5.5.1", "Say MAIL first"), output);
        };
        if extended && self.greeted == Greeted::Helo {
            return self.error(Reply::new(555, "5.5.4", "Parameters need EHLO"), output);
        }
        let needs_smtputf8 = !envelope.smtputf8 && matches!(target, Target::Address { non_ascii: true, .. });
        let resolution = if needs_smtputf8 { Err(Reason::NeedsSmtpUtf8) } else { known((world.resolve)(&target)) };
        let refusal = match resolution {
            Err(reason) => reason.into(),
            Ok(recipient) => {
                let same = |earlier: &crate::desk::Recipient| earlier.address.key() == recipient.address.key();
                let repeated = envelope.recipients.iter().any(same);
                let refused = match (repeated, envelope.recipients.len() < limit) {
                    (true, _) => None,
                    (false, true) => (world.refuses)(Asked::Recipient(&recipient)),
                    (false, false) => Some(Reason::TooManyRecipients.into()),
                };
                match refused {
                    Some(refusal) => refusal,
                    None => {
                        if !repeated {
                            if notify.is_some() || original.is_some() {
                                let address = recipient.address.key();
                                envelope.dsn.recipients.push(DsnRecipient { address, notify, original });
                            }
                            envelope.recipients.push(recipient);
                        }
                        Reply::new(250, "2.1.5", "OK").write_to(output);
                        return Effect::Continue;
                    }
                }
            }
        };
        let recipient = match &target {
            Target::Postmaster => "postmaster".to_owned(),
            Target::Address { address, .. } => address.key(),
        };
        self.refuse(&refusal, None, Some(&recipient), world.now, output)
    }

    /// Refuses a sender or a recipient: the reply, the ledger, and the count of errors (a client that guesses addresses is
    /// stopped; one that only meets a limit of ours is not).
    fn refuse(
        &mut self,
        refusal: &Refusal,
        sender: Option<&str>,
        recipient: Option<&str>,
        now: u64,
        output: &mut Vec<u8>,
    ) -> Effect {
        let reply = refusal.reply();
        self.note_refusal(refusal, sender, recipient, now);
        if reply.code >= 500 {
            return self.error(reply, output);
        }
        reply.write_to(output);
        Effect::Continue
    }
}

fn known(resolution: Resolution) -> Result<crate::desk::Recipient, Reason> {
    match resolution {
        Resolution::Mailbox(recipient) => Ok(recipient),
        Resolution::Unknown => Err(Reason::UnknownRecipient),
        Resolution::NotOurs => Err(Reason::RelayDenied),
    }
}

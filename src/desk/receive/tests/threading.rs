use crate::desk::codec::encode;
use crate::desk::{ThreadStep, tokens};
use crate::desk::{Ticket, keys};
use crate::mail::{Address, AuthResult};
use crate::rules::Status;
use crate::store::{Batch, Store};

use super::{TestDesk, desk, mail};

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

impl TestDesk {
    async fn change(&self, number: u64, change: impl FnOnce(&mut Ticket)) {
        let mut ticket = self.ticket_of(number).await;
        change(&mut ticket);
        let mut batch = Batch::new();
        batch.put(keys::ticket(number), encode(&ticket));
        self.store.commit(batch).await.unwrap();
    }

    fn reply_address(&self, ticket: u64) -> String {
        let mailbox = Address::parse("help@demo.test").unwrap();
        tokens::reply_address(&self.desk.inner.secret, &mailbox, ticket).unwrap().as_str().to_owned()
    }

    fn own_message_id(&self, ticket: u64) -> String {
        tokens::message_id(&self.desk.inner.secret, ticket, 99, "mx.demo.test")
    }

    async fn step(&self, number: u64) -> (ThreadStep, String) {
        let letter = self.last_letter(number).await;
        (letter.thread_step.unwrap(), letter.thread_why)
    }
}

#[tokio::test]
async fn our_sub_address_leads_to_its_ticket() {
    let test = desk().await;
    let number = test.receive(&mail("ivan@shop.test")).await;
    let address = test.reply_address(number).to_uppercase();
    assert_eq!(test.receive(&mail("olga@else.test").to(&[&address]).subject("Other")).await, number);
    assert_eq!(test.step(number).await.0, ThreadStep::SubAddress);
    let forged = format!("help+t{number}.aaaaaaaaaaaaaaaa@demo.test");
    let other = test.receive(&mail("olga@else.test").to(&[&forged]).subject("Other one")).await;
    assert_ne!(other, number);
}

#[tokio::test]
async fn our_own_message_id_leads_to_its_ticket() {
    let test = desk().await;
    let number = test.receive(&mail("ivan@shop.test")).await;
    let answer = mail("olga@else.test").answers(&test.own_message_id(number)).subject("Re");
    assert_eq!(test.receive(&answer).await, number);
    assert_eq!(test.step(number).await.0, ThreadStep::OwnMessageId);
    let by_references = mail("olga@else.test").refers(&test.own_message_id(number)).subject("Re 2");
    assert_eq!(test.receive(&by_references).await, number);
    let forged = test.own_message_id(number).replacen(&number.to_string(), &(number + 1).to_string(), 1);
    assert_ne!(test.receive(&mail("olga@else.test").answers(&forged).subject("Re 3")).await, number);
}

#[tokio::test]
async fn an_answer_to_a_letter_we_saw_joins_its_ticket() {
    let test = desk().await;
    let number = test.receive(&mail("ivan@shop.test").id("1@shop.test")).await;
    assert_eq!(test.receive(&mail("ivan@shop.test").id("2@shop.test").answers("1@shop.test")).await, number);
    let (step, why) = test.step(number).await;
    assert_eq!(step, ThreadStep::InReplyTo);
    assert_eq!(why, format!("In-Reply-To <1@shop.test> names DEMO-{number}"));
    let references = mail("ivan@shop.test").id("3@shop.test").refers("2@shop.test");
    assert_eq!(test.receive(&references).await, number);
    assert_eq!(test.step(number).await.0, ThreadStep::References);
    let ticket = test.ticket_of(number).await;
    assert_eq!((ticket.message_count, ticket.status), (3, Status::New));
}

#[tokio::test]
async fn answers_to_a_letter_that_we_never_saw_meet() {
    let test = desk().await;
    let number = test.receive(&mail("ivan@shop.test").id("2@shop.test").answers("1@shop.test")).await;
    assert_eq!(test.receive(&mail("olga@shop.test").id("3@shop.test").answers("1@shop.test")).await, number);
}

#[tokio::test]
async fn a_letter_that_comes_behind_its_answer_joins_it() {
    let test = desk().await;
    let number = test.receive(&mail("olga@shop.test").id("2@shop.test").answers("1@shop.test")).await;
    assert_eq!(test.receive(&mail("ivan@shop.test").id("1@shop.test")).await, number);
    assert_eq!(test.step(number).await.0, ThreadStep::References);
}

#[tokio::test]
async fn two_letters_with_one_message_id_are_not_mixed_up() {
    let test = desk().await;
    let first = test.receive(&mail("form@shop.test").id("fixed@shop.test").body("I am Ivan")).await;
    let second = test.receive(&mail("form@shop.test").id("fixed@shop.test").body("I am Olga")).await;
    assert_ne!(first, second);
}

#[tokio::test]
async fn the_number_in_the_subject_counts_for_one_who_takes_part() {
    let test = desk().await;
    let number = test.receive(&mail("ivan@shop.test")).await;
    let answer = mail("Ivan@shop.test").subject(&format!("AW: [demo-{number}] parcel"));
    assert_eq!(test.receive(&answer).await, number);
    assert_eq!(test.step(number).await.0, ThreadStep::Subject);
}

#[tokio::test]
async fn a_stranger_with_the_number_in_his_subject_does_not_join() {
    let test = desk().await;
    let number = test.receive(&mail("ivan@shop.test")).await;
    let subject = format!("Re: [DEMO-{number}] parcel");
    let stranger = test.receive(&mail("mallory@evil.test").subject(&subject).dmarc(AuthResult::Pass)).await;
    assert_ne!(stranger, number);
    let (step, why) = test.step(stranger).await;
    assert_eq!(step, ThreadStep::New);
    assert_eq!(
        why,
        format!("[DEMO-{number}] in the subject names DEMO-{number}, but mallory@evil.test does not take part in it")
    );
    assert_eq!(test.ticket_of(number).await.message_count, 1);
}

#[tokio::test]
async fn who_writes_under_a_participants_address_against_its_dmarc_does_not_join() {
    let test = desk().await;
    let number = test.receive(&mail("ivan@shop.test")).await;
    let subject = format!("Re: [DEMO-{number}] parcel");
    let forged = test.receive(&mail("ivan@shop.test").subject(&subject).dmarc(AuthResult::Fail)).await;
    assert_ne!(forged, number);
    let genuine = mail("ivan@shop.test").subject(&subject).body("It is me").dmarc(AuthResult::Pass);
    assert_eq!(test.receive(&genuine).await, number);
}

#[tokio::test]
async fn another_mailboxs_ticket_is_joined_by_our_marks_only() {
    let test = desk().await;
    let number = test.receive(&mail("ivan@shop.test").id("1@shop.test")).await;
    let to_sam = mail("ivan@shop.test").to(&["sam@demo.test"]);
    let by_subject = test.receive(&to_sam.clone().subject(&format!("[DEMO-{number}]"))).await;
    assert_ne!(by_subject, number);
    assert_ne!(test.receive(&to_sam.clone().answers("1@shop.test").subject("x")).await, number);
    assert_eq!(test.receive(&to_sam.answers(&test.own_message_id(number)).subject("y")).await, number);
}

#[tokio::test]
async fn a_letter_opens_a_closed_ticket_again() {
    let test = desk().await;
    let number = test.receive(&mail("ivan@shop.test").id("1@shop.test")).await;
    for (n, status) in [Status::Pending, Status::OnHold, Status::Solved, Status::Closed].into_iter().enumerate() {
        let closed_at = matches!(status, Status::Solved | Status::Closed).then(crate::desk::clock::now_ms);
        test.change(number, |ticket| {
            (ticket.status, ticket.closed_at, ticket.waiting_since) = (status, closed_at, None);
        })
        .await;
        let answer = mail("ivan@shop.test").answers("1@shop.test").body(&format!("and {n}?"));
        assert_eq!(test.receive(&answer).await, number);
        let ticket = test.ticket_of(number).await;
        assert_eq!((ticket.status, ticket.closed_at), (Status::Open, None), "{status:?}");
        assert!(ticket.waiting_since.is_some(), "{status:?}");
    }
}

#[tokio::test]
async fn a_ticket_closed_for_long_is_followed_by_a_new_one() {
    let test = desk().await;
    let number = test.receive(&mail("ivan@shop.test").id("1@shop.test")).await;
    let long_ago = crate::desk::clock::now_ms() - 31 * DAY_MS;
    test.change(number, |ticket| (ticket.status, ticket.closed_at) = (Status::Closed, Some(long_ago))).await;
    let robot = mail("ivan@shop.test").answers("1@shop.test").field("Auto-Submitted", "auto-replied").body("away");
    assert_eq!(test.receive(&robot).await, number, "a holiday notice makes no new ticket");
    let next = test.receive(&mail("ivan@shop.test").answers("1@shop.test")).await;
    assert_ne!(next, number);
    assert_eq!(test.step(next).await.0, ThreadStep::Follows);
    assert_eq!(test.ticket_of(next).await.follows, Some(number));
    assert_eq!(test.ticket_of(number).await.status, Status::Closed);
}

#[tokio::test]
async fn what_a_robot_writes_changes_no_status() {
    let test = desk().await;
    let number = test.receive(&mail("ivan@shop.test").id("1@shop.test")).await;
    test.change(number, |ticket| (ticket.status, ticket.waiting_since) = (Status::Pending, None)).await;
    let notice = mail("ivan@shop.test").answers("1@shop.test").field("Auto-Submitted", "auto-replied").body("away");
    assert_eq!(test.receive(&notice).await, number);
    let ticket = test.ticket_of(number).await;
    assert_eq!((ticket.status, ticket.waiting_since, ticket.message_count), (Status::Pending, None, 2));
    assert!(test.last_letter(number).await.robot.is_some());
}

#[tokio::test]
async fn an_answer_through_a_mailing_list_opens_its_ticket() {
    let test = desk().await;
    let number = test.receive(&mail("ivan@shop.test").id("1@shop.test")).await;
    test.change(number, |ticket| (ticket.status, ticket.waiting_since) = (Status::Pending, None)).await;
    let list =
        mail("ivan@shop.test").answers("1@shop.test").field("Precedence", "list").field("List-Id", "<a.shop.test>");
    let notice = list.clone().field("Auto-Submitted", "auto-replied").body("away");
    assert_eq!(test.receive(&notice).await, number);
    assert_eq!(test.ticket_of(number).await.status, Status::Pending);
    assert_eq!(test.receive(&list).await, number);
    assert_eq!(test.ticket_of(number).await.status, Status::Open);
    assert!(test.last_letter(number).await.robot.is_some(), "no machine answers it");
}

#[tokio::test]
async fn a_robots_own_letter_is_a_ticket_with_a_contact() {
    let test = desk().await;
    let mail =
        mail("orders@market.test").field("Auto-Submitted", "auto-generated").subject("Order SO-471122 confirmed");
    let ticket = test.ticket_of(test.receive(&mail).await).await;
    assert!(ticket.contact.is_some());
    assert_eq!(ticket.references, ["SO-471122"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_letters_of_one_thread_at_once_are_one_ticket() {
    let test = desk().await;
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..200 {
        let mail = mail(&format!("person{}@shop.test", n % 10)).id(&format!("{n}@shop.test")).answers("0@root.test");
        let (desk, transaction) = (test.desk.clone(), mail.transaction(&test.desk));
        tasks.spawn(async move { desk.receive(transaction).await });
    }
    let tickets: Vec<Vec<u64>> = tasks.join_all().await.iter().map(super::numbers).collect();
    assert!(tickets.iter().all(|numbers| numbers == &tickets[0]), "{tickets:?}");
    let number = tickets[0][0];
    assert_eq!(test.ticket_of(number).await.message_count, 200);
    assert_eq!(test.messages_of(number).await.len(), 200);
}

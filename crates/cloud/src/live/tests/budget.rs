//! `--max-calls`.

use super::*;
use crate::error::CallErrorKind;

/// Ids of four types, each of which takes a call.
fn four_types() -> Vec<Wanted<'static>> {
    [("aws_subnet", "subnet-0"), ("aws_eip", "e"), ("aws_key_pair", "k"), ("aws_ebs_volume", "v")]
        .map(|(name, id)| wanted(name, id, None))
        .into()
}

fn query<'a>(wanted: Vec<Wanted<'a>>) -> LiveQuery<'a> {
    LiveQuery { place: Place::own(region()), wanted, everything: false, global: true }
}

/// Every list is empty and every call is answered; subnets have page after page.
fn endless() -> Replay {
    let page = std::sync::atomic::AtomicUsize::new(0);
    Replay::new(move |asked| {
        if asked.contains("Action=DescribeSubnets") {
            let page = page.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            return subnets(0..1, &format!("<nextToken>page-{page}</nextToken>"));
        }
        let action = asked.split("Action=").nth(1).and_then(|rest| rest.split('&').next()).unwrap_or_default();
        Reply::ok(format!("<{action}Response xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"/>"))
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_more_requests_leave_than_allowed_however_many_readers_there_are() {
    for limit in [0, 1, 7, 40] {
        let replay = endless();
        let aws = replay.aws().with_max_calls(Some(limit));
        let reader = aws.live_reader();
        let readers: Vec<_> = (0..8)
            .map(|_| {
                let reader = reader.clone();
                tokio::spawn(async move { reader.read(&query(four_types())).await })
            })
            .collect();
        let mut unread = Vec::new();
        for reader in readers {
            unread.extend(reader.await.expect("reader").unread);
        }
        assert_eq!(replay.asked().len() as u64, limit);
        assert_eq!(aws.calls().iter().map(|call| call.count).sum::<u64>(), limit);
        assert_eq!((aws.calls_left(), aws.budget_exhausted()), (Some(0), true));
        // The subnets have no end, so none of the eight has them all.
        assert_eq!(unread.iter().filter(|unread| unread.resource_type == "aws_subnet").count(), 8);
        let words = format!("not asked: the limit of {limit} calls (--max-calls) is reached");
        assert!(unread.iter().all(|unread| unread.reason.ends_with(&words)), "{unread:?}");
    }
}

#[tokio::test]
async fn retries_count_and_the_last_one_does_not_leave() {
    let replay = Replay::new(|_| Reply::ec2_error(503, "RequestLimitExceeded", "Request limit exceeded."));
    let aws = replay.aws().with_max_calls(Some(3));
    let snapshot = aws.live_reader().read(&query(vec![wanted("aws_subnet", "subnet-0", None)])).await;
    assert!(snapshot.unread[0].reason.contains("throttled"), "{:?}", snapshot.unread);
    let snapshot = aws.live_reader().read(&query(vec![wanted("aws_subnet", "subnet-0", None)])).await;
    assert!(snapshot.unread[0].reason.contains("--max-calls"), "{:?}", snapshot.unread);
    assert_eq!(replay.asked().len(), 3);
}

#[tokio::test]
async fn a_limit_that_is_just_enough_is_no_limit() {
    let replay = endless();
    let aws = replay.aws().with_max_calls(Some(3));
    let wanted = four_types().split_off(1);
    let snapshot = aws.live_reader().read(&query(wanted)).await;
    assert_eq!((snapshot.unread, aws.calls_left(), aws.budget_exhausted()), (vec![], Some(0), false));

    let error = aws.check_access(&region()).await.expect_err("used up");
    assert_eq!((error.kind, aws.budget_exhausted()), (CallErrorKind::Budget, true));
    assert_eq!(replay.aws().calls_left(), None);
}

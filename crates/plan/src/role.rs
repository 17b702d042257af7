//! Roles of other accounts.

/// The digits of an account's id.
const ACCOUNT_DIGITS: usize = 12;

/// What is wrong with the ARN of a role, or none. Whether there is such a role is not known here.
pub fn wrong_with_role(arn: &str) -> Option<&'static str> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [prefix, partition, service, region, account, resource] = parts[..] else {
        return Some("it is no ARN");
    };
    if prefix != "arn" || !partition.starts_with("aws") {
        return Some("it is no ARN");
    }
    if service != "iam" || !region.is_empty() {
        return Some("it is no ARN of IAM");
    }
    if account.len() != ACCOUNT_DIGITS || !account.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some("its account is no 12 digits");
    }
    match resource.strip_prefix("role/") {
        // IAM's own alphabet for names and paths.
        Some(name)
            if !name.is_empty()
                && !name.ends_with('/')
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+=,.@_-/".contains(&byte)) =>
        {
            None
        }
        Some(_) => Some("it names no role"),
        None => Some("it is not the ARN of a role"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_told_from_what_looks_like_one() {
        for arn in
            ["arn:aws:iam::123456789012:role/drift-reader", "arn:aws-us-gov:iam::123456789012:role/team/a/Reader_1"]
        {
            assert_eq!(wrong_with_role(arn), None, "{arn}");
        }
        for (arn, reason) in [
            ("drift-reader", "it is no ARN"),
            ("", "it is no ARN"),
            ("arn:aws:s3:::bucket", "it is no ARN of IAM"),
            ("arn:aws:iam::12345:role/x", "its account is no 12 digits"),
            ("arn:aws:iam::123456789012:user/x", "it is not the ARN of a role"),
            ("arn:aws:sts::123456789012:assumed-role/x/y", "it is no ARN of IAM"),
            ("arn:aws:iam::123456789012:role/", "it names no role"),
            ("arn:aws:iam::123456789012:role/a b", "it names no role"),
        ] {
            assert!(wrong_with_role(arn).is_some_and(|wrong| wrong == reason), "{arn}: {:?}", wrong_with_role(arn));
        }
    }
}

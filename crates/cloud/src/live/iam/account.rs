//! What an account has once: its alias and its password policy.

use super::super::attributes::{Attributes, number};
use super::super::{Answer, Reading, Scope};
use super::NOT_THERE;
use aws_sdk_iam::types::PasswordPolicy;
use pilotlight_drift::LiveObject;

pub(in super::super) const ALIAS_TYPES: &[&str] = &[ALIAS];
const ALIAS: &str = "aws_iam_account_alias";

pub(in super::super) const PASSWORD_POLICY_TYPES: &[&str] = &[PASSWORD_POLICY];
const PASSWORD_POLICY: &str = "aws_iam_account_password_policy";

/// The id that the provider gives to every account's.
const PASSWORD_POLICY_ID: &str = "iam-account-password-policy";

pub(in super::super) async fn alias(scope: &Scope<'_>) -> Reading {
    let planned = scope.regional.iam("ListAccountAliases");
    let answer = scope.regional.send(&planned, scope.regional.iam.list_account_aliases().send()).await?;
    let object = |alias: &String| Attributes::new().set("account_alias", alias.as_str()).object(ALIAS, alias);
    Ok(Answer::of(answer.account_aliases.iter().map(object)))
}

pub(in super::super) async fn password_policy(scope: &Scope<'_>) -> Reading {
    let planned = scope.regional.iam("GetAccountPasswordPolicy");
    match scope.regional.send(&planned, scope.regional.iam.get_account_password_policy().send()).await {
        Ok(answer) => Ok(Answer::of(answer.password_policy().map(object))),
        Err(error) if error.is_refused(NOT_THERE) => Ok(Answer::default()),
        Err(error) => Err(error),
    }
}

fn object(policy: &PasswordPolicy) -> LiveObject {
    Attributes::new()
        .if_told("minimum_password_length", number(policy.minimum_password_length()))
        .set("require_symbols", policy.require_symbols())
        .set("require_numbers", policy.require_numbers())
        .set("require_uppercase_characters", policy.require_uppercase_characters())
        .set("require_lowercase_characters", policy.require_lowercase_characters())
        .set("allow_users_to_change_password", policy.allow_users_to_change_password())
        .set("expire_passwords", policy.expire_passwords())
        .or_null("max_password_age", number(policy.max_password_age()))
        .or_null("password_reuse_prevention", number(policy.password_reuse_prevention()))
        .or_null("hard_expiry", policy.hard_expiry())
        .object(PASSWORD_POLICY, PASSWORD_POLICY_ID)
}

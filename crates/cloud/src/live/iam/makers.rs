//! Who makes roles and policies in an account that nobody's Terraform has to have.

/// Who made the role or policy at this path and with this name, where AWS itself did.
pub(super) fn maker(path: &str, name: &str) -> Option<String> {
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html: reserved paths.
    if let Some(service) = path.strip_prefix("/aws-service-role/") {
        return Some(format!("AWS, linked to {}", service.trim_end_matches('/')));
    }
    if path.starts_with("/aws-reserved/sso.amazonaws.com/") || name.starts_with("AWSReservedSSO_") {
        return Some("IAM Identity Center, for a permission set".to_owned());
    }
    if path.starts_with("/aws-reserved/") {
        return Some("AWS, under a path that it reserves".to_owned());
    }
    match name {
        "OrganizationAccountAccessRole" => Some("AWS Organizations, with the account".to_owned()),
        "AWSControlTowerExecution" => Some("AWS Control Tower, with the account".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_aws_makes_by_itself_is_known() {
        for (path, name, made_by) in [
            (
                "/aws-service-role/autoscaling.amazonaws.com/",
                "AWSServiceRoleForAutoScaling",
                Some("AWS, linked to autoscaling.amazonaws.com"),
            ),
            (
                "/aws-reserved/sso.amazonaws.com/eu-west-1/",
                "AWSReservedSSO_Admin_0123456789abcdef",
                Some("IAM Identity Center, for a permission set"),
            ),
            ("/", "OrganizationAccountAccessRole", Some("AWS Organizations, with the account")),
            // The console makes these for a person, who may have left.
            ("/service-role/", "lambda-role-x1", None),
            ("/", "shop", None),
        ] {
            assert_eq!(maker(path, name).as_deref(), made_by);
        }
    }
}

//! `failover::PolicySimulator` over IAM: what a user or role may do, without doing it.

use crate::error::{CallError, CallErrorKind};
use crate::pages::Pages;
use crate::regional::Regional;
use crate::role::Sts;
use async_trait::async_trait;
use aws_sdk_iam::types::{EvaluationResult, PolicyEvaluationDecisionType};
use pilotlight_failover::{Decision, PolicySimulator, SimulationError};

/// What is answered for an operation that is not there.
const NOT_OFFERED: [&str; 3] = ["InvalidAction", "UnknownOperation", "NotImplemented"];

/// IAM's policy simulator, and STS for who is asking.
#[derive(Debug, Clone)]
pub struct AwsSimulator {
    regional: Regional,
    sts: Sts,
    /// Whether the API is another one than AWS's own: an emulator may lack the simulator, and say so by no code.
    emulated: bool,
}

impl AwsSimulator {
    pub(crate) fn new(regional: Regional, sts: Sts, emulated: bool) -> Self {
        Self { regional, sts, emulated }
    }
}

#[async_trait]
impl PolicySimulator for AwsSimulator {
    async fn caller(&self) -> Result<String, SimulationError> {
        let answer = self.sts.caller().await.map_err(|error| simulation_error(&error, self.emulated))?;
        answer.arn.ok_or_else(|| SimulationError::Unknown("STS does not tell whose credentials these are".into()))
    }

    async fn simulate(
        &self,
        principal: &str,
        resource: &str,
        actions: &[String],
    ) -> Result<Vec<Decision>, SimulationError> {
        let planned = self.regional.iam("SimulatePrincipalPolicy");
        let mut pages: Pages<EvaluationResult> = Pages::of(&planned.call);
        while pages.is_open() {
            let request = self
                .regional
                .iam
                .simulate_principal_policy()
                .policy_source_arn(principal)
                .set_action_names(Some(actions.to_vec()))
                .resource_arns(resource)
                .set_marker(pages.marker());
            let sent = self.regional.send(&planned, request.send()).await;
            let page = sent.map_err(|error| simulation_error(&error, self.emulated))?;
            let next = page.marker.filter(|_| page.is_truncated);
            pages.add(page.evaluation_results, next).map_err(|error| simulation_error(&error, self.emulated))?;
        }
        let decided = pages.into_items();
        let decisions = decided.iter().map(|result| decision(result, resource)).collect();
        if let Some(missing) =
            actions.iter().find(|action| !decided.iter().any(|one| one.eval_action_name() == *action))
        {
            return Err(SimulationError::Unknown(format!("the simulator does not tell of {missing}")));
        }
        Ok(decisions)
    }
}

fn decision(result: &EvaluationResult, resource: &str) -> Decision {
    let word = result.eval_decision();
    Decision {
        action: result.eval_action_name().to_owned(),
        resource: resource.to_owned(),
        allowed: *word == PolicyEvaluationDecisionType::Allowed,
        word: word.as_str().to_owned(),
    }
}

/// An operation that is not there is refused as such; by an emulator, also with an error that has no code.
fn simulation_error(error: &CallError, emulated: bool) -> SimulationError {
    let answered_without_code =
        error.code.is_none() && matches!(error.kind, CallErrorKind::Unclear | CallErrorKind::Refused);
    let refused_as_such = error.code.as_deref().is_some_and(|code| NOT_OFFERED.contains(&code));
    if refused_as_such || (emulated && answered_without_code) {
        SimulationError::NotOffered(error.reason())
    } else {
        SimulationError::Unknown(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::{Replay, Reply, region};

    fn answer(decisions: &[(&str, &str)]) -> String {
        let members: String = decisions
            .iter()
            .map(|(action, word)| {
                format!(
                    "<member><EvalActionName>{action}</EvalActionName><EvalResourceName>r</EvalResourceName>\
                     <EvalDecision>{word}</EvalDecision><MatchedStatements/><MissingContextValues/></member>"
                )
            })
            .collect();
        format!(
            "<SimulatePrincipalPolicyResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">\
             <SimulatePrincipalPolicyResult><IsTruncated>false</IsTruncated><EvaluationResults>{members}\
             </EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>"
        )
    }

    async fn asked(reply: fn() -> Reply) -> (Result<Vec<Decision>, SimulationError>, Vec<String>) {
        let replay = Replay::new(move |_| reply());
        let simulator = replay.aws().simulator(&region()).await;
        let actions = ["route53:GetChange".to_owned(), "route53:GetHostedZone".to_owned()];
        let told = simulator.simulate("arn:aws:iam::123456789012:role/oncall", "r", &actions).await;
        (told, replay.asked())
    }

    #[tokio::test]
    async fn each_action_is_decided_for_the_principal_on_the_resource() {
        let (told, asked) =
            asked(|| Reply::ok(answer(&[("route53:GetChange", "allowed"), ("route53:GetHostedZone", "implicitDeny")])))
                .await;
        let told: Vec<_> = told.expect("decided").into_iter().map(|one| (one.allowed, one.word)).collect();
        assert_eq!(told, [(true, "allowed".to_owned()), (false, "implicitDeny".to_owned())]);
        assert!(asked[0].contains("Action=SimulatePrincipalPolicy"), "{asked:?}");
        assert!(asked[0].contains("PolicySourceArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Foncall"), "{asked:?}");
    }

    #[tokio::test]
    async fn silence_denial_and_an_emulator_are_told_apart() {
        let (told, _) = asked(|| Reply::ok(answer(&[("route53:GetChange", "allowed")]))).await;
        assert!(matches!(told, Err(SimulationError::Unknown(words)) if words.contains("route53:GetHostedZone")));
        let (told, _) = asked(|| Reply::route53_error(403, "AccessDenied", "no")).await;
        assert!(matches!(told, Err(SimulationError::Unknown(_))), "{told:?}");
        let (told, _) = asked(|| Reply::route53_error(400, "InvalidAction", "no such action")).await;
        assert!(matches!(told, Err(SimulationError::NotOffered(_))), "{told:?}");
        // A proxy's page, or AWS in trouble: only of an emulator does it say that there is no simulator.
        let page = || {
            let call = crate::Call { service: "iam", region: "global".into(), operation: "SimulatePrincipalPolicy" };
            CallError { call, kind: CallErrorKind::Unclear, code: None, message: "HTTP status 500".into() }
        };
        assert!(matches!(simulation_error(&page(), false), SimulationError::Unknown(_)));
        assert!(matches!(simulation_error(&page(), true), SimulationError::NotOffered(_)));
    }
}

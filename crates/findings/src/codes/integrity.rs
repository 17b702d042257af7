//! Pages of the integrity part: checks.

pages! {
    I_RED = "PL-I101", "a check is red", "The check reached its target and the answer was not what the plan expects. The evidence shows what was asked, what was expected and what came back.";
}

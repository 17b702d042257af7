//! Pages of the integrity part: checks.

pages! {
    I_RED = "PL-I101", "a check is red", "The check reached its target and the answer was not what the plan expects, or the target was not there: the connection was refused, nothing answered in time, or its name does not exist. The evidence shows what was asked, what was expected and what came back.";
    I_UNKNOWN = "PL-I102", "a check could not be made", "The question could not be asked, so nothing is known about the target: no DNS server answered, or the check's program could not be started. An unknown check is not a green one, and not a sign that the target is down either. Repair what kept the check from asking, then run it again.";
    I_NAME = "PL-I111", "a name leads nowhere", "DNS answered, and the name does not exist (NXDOMAIN) or has no address. A typing error, a record that was removed, or a zone that is not delegated.";
    I_QUESTION = "PL-I112", "this is no DNS question", "A domain name has labels of at most 63 characters, separated by dots; a record type is a word such as A, AAAA or CNAME. The text in the plan is not.";
    I_DNS_SERVER = "PL-I113", "a DNS server gives no answer", "The DNS server could not be reached, did not answer in time, or answered that it will not tell (SERVFAIL, REFUSED). Names are asked anew each time, so an answer from before does not help. `--resolver HOST:PORT` names another server for every look-up.";
}

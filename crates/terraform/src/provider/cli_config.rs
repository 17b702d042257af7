//! What the CLI configuration file says of where providers lie.
//!
//! Source: developer.hashicorp.com/terraform/cli/config/config-file, "Provider Installation" and "Provider Plugin
//! Cache".

use crate::provider::plugin::Environment;
use hcl::{Body, Expression, TemplateExpr};
use std::ffi::OsStr;
use std::path::PathBuf;

/// The folders that it names, in the order in which they are looked through.
pub(crate) fn folders(environment: &Environment) -> Vec<PathBuf> {
    let Some(file) = file(environment) else { return Vec::new() };
    match std::fs::read_to_string(&file) {
        Ok(text) => parse(&text, environment).unwrap_or_else(|error| {
            // Terraform refuses it in its own words; the folders that are implied may do.
            tracing::warn!(file = %file.display(), %error, "the CLI configuration cannot be read");
            Vec::new()
        }),
        Err(_) => Vec::new(),
    }
}

fn file(environment: &Environment) -> Option<PathBuf> {
    let named = |name: &str| environment.get(OsStr::new(name)).filter(|value| !value.is_empty()).map(PathBuf::from);
    let in_home = || {
        let home = named("HOME")?;
        [".terraformrc", ".tofurc"].iter().map(|name| home.join(name)).find(|file| file.is_file())
    };
    named("TF_CLI_CONFIG_FILE").or_else(|| named("TERRAFORM_CONFIG")).or_else(in_home)
}

fn parse(text: &str, environment: &Environment) -> Result<Vec<PathBuf>, hcl::Error> {
    let body: Body = hcl::parse(text)?;
    let mut folders = Vec::new();
    for attribute in body.attributes().filter(|attribute| attribute.key() == "plugin_cache_dir") {
        folders.extend(text_of(attribute.expr()).map(|text| PathBuf::from(expand(&text, environment))));
    }
    let installations = body.blocks().filter(|block| block.identifier() == "provider_installation");
    let mirrors = installations
        .flat_map(|block| block.body().blocks())
        .filter(|method| method.identifier() == "filesystem_mirror");
    for mirror in mirrors {
        let paths = mirror.body().attributes().filter(|attribute| attribute.key() == "path");
        folders.extend(paths.filter_map(|attribute| text_of(attribute.expr())).map(PathBuf::from));
    }
    Ok(folders)
}

/// The text of a string; `${HOME}` in it is no template here, but a variable of the environment.
fn text_of(expression: &Expression) -> Option<String> {
    match expression {
        Expression::String(text) => Some(text.clone()),
        Expression::TemplateExpr(template) => match template.as_ref() {
            TemplateExpr::QuotedString(text) => Some(text.clone()),
            TemplateExpr::Heredoc(_) => None,
        },
        _ => None,
    }
}

/// Replaces `$NAME` and `${NAME}`, as Go's `os.ExpandEnv` does.
fn expand(text: &str, environment: &Environment) -> String {
    let mut parts = text.split('$');
    let mut expanded = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = match part.strip_prefix('{').and_then(|part| part.split_once('}')) {
            Some(braced) => braced,
            None => {
                let end = part.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(part.len());
                part.split_at(end)
            }
        };
        expanded.push_str(&environment.get(OsStr::new(name)).map(|value| value.to_string_lossy()).unwrap_or_default());
        expanded.push_str(rest);
    }
    expanded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cache_and_mirrors_are_found_and_variables_replaced() {
        let environment = Environment::from([("HOME".into(), "/home/ada".into())]);
        let text = r#"
plugin_cache_dir   = "$HOME/.terraform.d/plugin-cache"
disable_checkpoint = true
credentials "app.terraform.io" { token = "x" }
provider_installation {
  filesystem_mirror {
    path    = "/usr/share/terraform/providers"
    include = ["example.com/*/*"]
  }
  filesystem_mirror { path = "/srv/mirror" }
  direct { exclude = ["example.com/*/*"] }
}
"#;
        let folders = parse(text, &environment).expect("a configuration");
        let expected = ["/home/ada/.terraform.d/plugin-cache", "/usr/share/terraform/providers", "/srv/mirror"];
        assert_eq!(folders, expected.map(PathBuf::from));
        let braced = parse("plugin_cache_dir = \"${HOME}/cache\"", &environment).expect("a configuration");
        assert_eq!(braced, [PathBuf::from("/home/ada/cache")]);
        assert!(parse("provider_installation {", &environment).is_err());
    }

    #[test]
    fn the_file_is_the_one_that_is_named_or_the_one_at_home() {
        let home = tempfile::tempdir().expect("a folder");
        let mut environment = Environment::from([("HOME".into(), home.path().into())]);
        assert!(folders(&environment).is_empty());
        std::fs::write(home.path().join(".tofurc"), "plugin_cache_dir = \"/tofu\"").expect("written");
        assert_eq!(folders(&environment), [PathBuf::from("/tofu")]);
        std::fs::write(home.path().join("my.tfrc"), "plugin_cache_dir = \"/mine\"").expect("written");
        environment.insert("TF_CLI_CONFIG_FILE".into(), home.path().join("my.tfrc").into());
        assert_eq!(folders(&environment), [PathBuf::from("/mine")]);
    }
}

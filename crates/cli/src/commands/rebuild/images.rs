//! `--copy-images`: which images are missing, what copying them would do, and the copies.

use crate::commands::Context;
use crate::confirm::confirm;
use crate::failure::Failure;
use crate::progress::Wait;
use pilotlight_cloud::AwsCatalog;
use pilotlight_findings::{Finding, Severity, Subject};
use pilotlight_rebuild::{
    COPY_PATIENCE, ImageCopy, Rebuild, RebuildError, RegionMap, StackStates, copy_images, plan_copies,
};

/// The images of one rebuild.
pub(super) struct Images<'a> {
    pub(super) rebuild: &'a Rebuild<'a>,
    pub(super) catalog: &'a AwsCatalog,
    /// Whether missing ones are to be copied.
    pub(super) copying: bool,
    /// Whether the primary is not to be asked.
    pub(super) primary_down: bool,
}

impl Images<'_> {
    /// Adds what is wrong with images, and says which ones are to be copied.
    pub(super) async fn look_up(
        &self,
        map: &RegionMap,
        primary: &StackStates<'_>,
        findings: &mut Vec<Finding>,
    ) -> Result<Vec<ImageCopy>, Failure> {
        findings.extend(self.rebuild.mapped_images(self.catalog).await?);
        if self.primary_down {
            return Ok(Vec::new());
        }
        let looked_up = self.rebuild.looked_up_images(self.catalog, primary).await;
        let mut ids = match looked_up {
            Ok((of_look_ups, ids)) => {
                findings.extend(of_look_ups);
                ids
            }
            // Where the primary does not answer, its images are looked up no more than its zones are; a copy needs it.
            Err(error @ RebuildError::Catalog(_)) if !self.copying => {
                let told = Failure::from(error).finding(Subject::Plan { name: self.rebuild.plan.name.clone() });
                findings.push(Finding { severity: Severity::Warning, ..told });
                Default::default()
            }
            Err(error) => return Err(error.into()),
        };
        if !self.copying {
            return Ok(Vec::new());
        }
        ids.extend(self.rebuild.images_missing(map)?);
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let plan = self.rebuild.plan;
        let regions = (&plan.primary, &plan.standby);
        let mapped = |text: &str| self.rebuild.mapped(text);
        Ok(plan_copies((self.catalog, self.catalog), regions, &ids, &mapped).await?)
    }

    /// Shows the copies, asks, makes them and waits for them; the map then has them.
    pub(super) async fn copy(
        &self,
        copies: Vec<ImageCopy>,
        (map, findings): (&mut RegionMap, &mut Vec<Finding>),
        yes: bool,
        wait: &Wait,
        context: Context<'_>,
    ) -> Result<(), Failure> {
        if copies.is_empty() {
            return Ok(());
        }
        wait.pause();
        let screen = context.screen;
        copies.iter().for_each(|copy| screen.note(line(copy)));
        if !yes && copies.iter().any(|copy| copy.begun.is_none()) {
            let region = &self.rebuild.plan.standby;
            let question = format!("Do you want to copy {} into {region}?", images(copies.len()));
            confirm(screen, &question, "--apply --yes").await?;
        }
        let waiting =
            |left: usize| format!("waiting for {}, up to {} minutes", images(left), COPY_PATIENCE.limit.as_secs() / 60);
        wait.resume();
        wait.aside(|| screen.note(waiting(copies.len())));
        let progress = |left: usize| wait.say(waiting(left));
        let copied = copy_images((self.catalog, self.catalog), &copies, COPY_PATIENCE, &progress).await?;
        for (from, to) in &copied {
            wait.aside(|| screen.note(format!("{to} in {} stands for {from}", self.rebuild.plan.standby)));
        }
        Rebuild::without_copied(findings, &copied);
        map.images.extend(copied);
        Ok(())
    }
}

fn line(copy: &ImageCopy) -> String {
    let ImageCopy { image, from, to, key, begun } = copy;
    match begun {
        Some(begun) => {
            format!("{} ({:?}): its copy {begun} in {to} was begun before, and is waited for", image.id, image.name)
        }
        None => {
            let key = key.as_ref().map(|key| format!(", encrypted with {key}")).unwrap_or_default();
            format!(
                "{} ({:?}) is to be copied from {from} into {to} by ec2:CopyImage, with its tags{key}",
                image.id, image.name
            )
        }
    }
}

fn images(number: usize) -> String {
    match number {
        1 => "1 image".to_owned(),
        _ => format!("{number} images"),
    }
}

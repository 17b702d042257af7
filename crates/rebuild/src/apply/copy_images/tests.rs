use super::*;
use std::sync::Mutex;

const FROM: &str = "eu-west-1";
const TO: &str = "eu-central-1";

/// Long enough for a hundred looks.
const QUICK: Patience = Patience { limit: Duration::from_millis(200), pause: Duration::from_millis(2) };

/// Two regions with images, in memory. A copy is available after so many looks at it.
#[derive(Default)]
struct Aws {
    images: Mutex<Vec<(String, Image)>>,
    keys: BTreeMap<String, String>,
    looks: Mutex<u32>,
    asked: Mutex<Vec<(String, Option<String>)>>,
    fails: bool,
}

fn region(code: &str) -> Region {
    Region::new(code).unwrap()
}

fn image(id: &str, owner: &str, state: ImageState) -> Image {
    Image {
        id: id.to_owned(),
        name: "web-42".to_owned(),
        owner: owner.to_owned(),
        architecture: "x86_64".to_owned(),
        state,
        description: None,
        encrypted: Vec::new(),
    }
}

#[async_trait]
impl RegionCatalog for Aws {
    async fn zones(&self, _: &Region) -> Result<Vec<String>, CatalogError> {
        Ok(Vec::new())
    }

    async fn images(&self, region: &Region, ids: &[String]) -> Result<Vec<Image>, CatalogError> {
        let mut looks = self.looks.lock().unwrap();
        let mut images = self.images.lock().unwrap();
        if region.as_str() == TO {
            *looks += 1;
            if *looks == 3 {
                let end = if self.fails { ImageState::Failed } else { ImageState::Available };
                images.iter_mut().filter(|(of, _)| of == TO).for_each(|(_, image)| image.state = end);
            }
        }
        Ok(images
            .iter()
            .filter(|(of, one)| of == region.as_str() && ids.contains(&one.id))
            .map(|(_, one)| one.clone())
            .collect())
    }

    async fn images_named(&self, region: &Region, name: &str, owner: &str) -> Result<Vec<Image>, CatalogError> {
        assert_eq!(owner, "self");
        let images = self.images.lock().unwrap();
        let own = images.iter().filter(|(of, one)| of == region.as_str() && one.name == name && one.owner == "1");
        Ok(own.map(|(_, one)| one.clone()).collect())
    }
}

#[async_trait]
impl ImageCopier for Aws {
    async fn snapshot_keys(&self, _: &Region, _: &[String]) -> Result<BTreeMap<String, String>, CatalogError> {
        Ok(self.keys.clone())
    }

    async fn copy_image(&self, copy: &ImageCopy) -> Result<String, CatalogError> {
        self.asked.lock().unwrap().push((copy.image.id.clone(), copy.key.clone()));
        let new = Image { state: ImageState::Pending, id: "ami-copy".to_owned(), ..copy.image.clone() };
        self.images.lock().unwrap().push((TO.to_owned(), new));
        Ok("ami-copy".to_owned())
    }
}

fn with(images: Vec<(&str, Image)>) -> Aws {
    Aws { images: Mutex::new(images.into_iter().map(|(of, one)| (of.to_owned(), one)).collect()), ..Aws::default() }
}

async fn planned(aws: &Aws, map: &[(&str, &str)]) -> Result<Vec<ImageCopy>, ImageCopyError> {
    let map = |text: &str| map.iter().find(|(from, _)| *from == text).map(|(_, to)| (*to).to_owned());
    plan_copies((aws, aws), (&region(FROM), &region(TO)), &BTreeSet::from(["ami-1".to_owned()]), &map).await
}

async fn copied(aws: &Aws, copies: &[ImageCopy]) -> Result<BTreeMap<String, String>, ImageCopyError> {
    copy_images((aws, aws), copies, QUICK, &|_| {}).await
}

#[tokio::test]
async fn a_copy_is_made_once_and_waited_for() {
    let aws = with(vec![(FROM, image("ami-1", "1", ImageState::Available))]);
    let copies = planned(&aws, &[]).await.unwrap();
    let made = copied(&aws, &copies).await.unwrap();
    assert_eq!(made, BTreeMap::from([("ami-1".to_owned(), "ami-copy".to_owned())]));
    assert_eq!(*aws.asked.lock().unwrap(), [("ami-1".to_owned(), None)]);
    assert_eq!(*aws.looks.lock().unwrap(), 3);
    // Begun once, it is found by its name, and nothing more is made.
    let again = planned(&aws, &[]).await.unwrap();
    assert_eq!(again[0].begun.as_deref(), Some("ami-copy"));
    copied(&aws, &again).await.unwrap();
    assert_eq!(aws.asked.lock().unwrap().len(), 1);
    assert_eq!(again[0].token(), copies[0].token());
}

#[tokio::test]
async fn a_copy_that_fails_or_never_ends_is_told() {
    let aws = Aws { fails: true, ..with(vec![(FROM, image("ami-1", "1", ImageState::Available))]) };
    let copies = planned(&aws, &[]).await.unwrap();
    let error = copied(&aws, &copies).await.unwrap_err();
    assert_eq!(error.to_string(), "copy ami-1 to eu-central-1: its copy ami-copy failed there");
    let slow = with(vec![(FROM, image("ami-1", "1", ImageState::Available))]);
    *slow.looks.lock().unwrap() = 100;
    let copies = planned(&slow, &[]).await.unwrap();
    let error = copied(&slow, &copies).await.unwrap_err();
    assert_eq!(error.to_string(), "copy ami-1 to eu-central-1: not available after 0 minutes");
    assert_eq!(error.remedy().unwrap(), "repeat the command: a copy that was begun is waited for");
}

#[tokio::test]
async fn what_cannot_be_copied_is_one_clear_error() {
    let foreign = with(vec![(FROM, image("ami-1", "2", ImageState::Available))]);
    let error = planned(&foreign, &[]).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "copy ami-1 (\"web-42\"): it is owned by 2, and only the account's own images are copied"
    );
    let error = planned(&with(Vec::new()), &[]).await.unwrap_err();
    assert_eq!(error.to_string(), "copy ami-1: eu-west-1 has no such image, or does not share it with this account");
    assert_eq!(error.code().as_str(), "PL-R167");
}

#[tokio::test]
async fn the_key_of_an_encrypted_image_has_to_be_named() {
    let encrypted = |key: &str| {
        let disk = Image { encrypted: vec!["snap-1".to_owned()], ..image("ami-1", "1", ImageState::Available) };
        Aws { keys: BTreeMap::from([("snap-1".to_owned(), key.to_owned())]), ..with(vec![(FROM, disk)]) }
    };
    let key = "arn:aws:kms:eu-west-1:1:key/0b1c";
    let error = planned(&encrypted(key), &[]).await.unwrap_err();
    assert_eq!(
        error.remedy().unwrap(),
        "name the standby's key in the stack's standby block: map = { \"arn:aws:kms:eu-west-1:1:key/0b1c\" = \"arn:…\" }"
    );
    assert_eq!(error.code().as_str(), "PL-R172");
    let named = planned(&encrypted(key), &[(key, "arn:aws:kms:eu-central-1:1:key/9f")]).await.unwrap();
    assert_eq!(named[0].key.as_deref(), Some("arn:aws:kms:eu-central-1:1:key/9f"));
    let both = planned(&encrypted("arn:aws:kms:eu-west-1:1:key/mrk-7"), &[]).await.unwrap();
    assert_eq!(both[0].key.as_deref(), Some("arn:aws:kms:eu-central-1:1:key/mrk-7"));
}

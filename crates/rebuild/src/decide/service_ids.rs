//! Accounts and zones that AWS itself has in each region, and that policies and records name by their number.
//!
//! Sources: the AWS provider's data sources `aws_elb_service_account`, `aws_cloudtrail_service_account`,
//! `aws_redshift_service_account`, `aws_lb_hosted_zone_id` and `aws_elastic_beanstalk_hosted_zone` (a test asks the
//! plugin); and the AWS General Reference, "Amazon S3 endpoints and quotas", website endpoints.

use super::image_accounts::{self, IMAGE_ACCOUNTS};
use pilotlight_findings::Region;

/// What the columns of [`SERVICE_IDS`] are.
const PURPOSES: [&str; 7] = [
    "the account that writes access logs of load balancers",
    "the account that writes CloudTrail's logs",
    "the account that writes Redshift's audit logs",
    "the zone of application and classic load balancers",
    "the zone of network load balancers",
    "the zone of Elastic Beanstalk environments",
    "the zone of S3 website endpoints",
];

/// Region, then one number a purpose; empty where AWS has none there.
#[rustfmt::skip]
const SERVICE_IDS: [(&str, [&str; PURPOSES.len()]); 37] = [
    ("af-south-1", ["098369216593", "525921808201", "365689465814", "Z268VQBMOI5EKX", "Z203XCE67M25HM", "Z1EI3BVKMKK4AM", "Z83WF9RJE8B12"]),
    ("ap-east-1", ["754344448648", "119688915426", "313564881002", "Z3DQVH9N71FHZ0", "Z12Y7K3UBGUAD1", "ZPWYUBWRU171A", "ZNB98KWMFR0R6"]),
    ("ap-east-2", ["", "", "", "Z02789141MW7T1WBU19PO", "Z09176273OC2HWIAUNYW", "", ""]),
    ("ap-northeast-1", ["582318560864", "216624486486", "404641285394", "Z14GRHDCWA56QT", "Z31USIVHYNEOWT", "Z1R25G3KIG2GBW", "Z2M4EHUR26P7ZW"]),
    ("ap-northeast-2", ["600734575887", "492519147666", "760740231472", "ZWKZPGTI48KDX", "ZIBE1TIR4HY56", "Z3JE5OI70TWKCP", "Z3W03O7B5YMIYP"]),
    ("ap-northeast-3", ["383597477331", "765225791966", "090321488786", "Z5LXEXXYW11ES", "Z1GWIQ4HH19I5X", "ZNE5GEY1TIAGY", "Z2YQB5RD63NC85"]),
    ("ap-south-1", ["718504428378", "977081816279", "865932855811", "ZP97RAFLXTNZK", "ZVDDRBQ08TROA", "Z18NTBI3Y7N9TZ", "Z11RGJOFQNVJUP"]),
    ("ap-south-2", ["", "582488909970", "", "Z0173938T07WNTVAEPZN", "Z0711778386UTO08407HT", "", "Z02976202B4EZMXIPMXF7"]),
    ("ap-southeast-1", ["114774131450", "903692715234", "361669875840", "Z1LMS91P8CMLE5", "ZKVM4W9LS7TM", "Z16FZ9L249IFLT", "Z3O0J2DXBE1FTB"]),
    ("ap-southeast-2", ["783225319266", "284668455005", "762762565011", "Z1GM3OXH4ZPM65", "ZCT6FZBF4DROD", "Z2PCDNR3VC2G1N", "Z1WCIGYICN2BYD"]),
    ("ap-southeast-3", ["589379963580", "069019280451", "", "Z08888821HLRG5A9ZRTER", "Z01971771FYVNCOVWJU1G", "Z05913172VM7EAZB40TA8", "Z01846753K324LI26A3VV"]),
    ("ap-southeast-4", ["", "187074758985", "", "Z09517862IB2WZLPXG76F", "Z01156963G8MIIL7X90IV", "", "Z0312387243XT5FE14WFO"]),
    ("ap-southeast-5", ["", "", "", "Z06010284QMVVW7WO5J", "Z026317210H9ACVTRO6FB", "", ""]),
    ("ap-southeast-7", ["", "", "", "Z0390008CMBRTHFGWBCB", "Z054363131YWATEMWRG5L", "", ""]),
    ("ca-central-1", ["985666609251", "819402241893", "907379612154", "ZQSVJUPU6J1EY", "Z2EPGBW3API2WT", "ZJFCZL7SSZB5I", "Z1QDHH18159H29"]),
    ("ca-west-1", ["", "", "", "Z06473681N0SF6OS049SD", "Z02754302KBB00W2LKWZ9", "", "Z03565811Z33SLEZTHOUL"]),
    ("cn-north-1", ["638102146993", "193415116832", "111890595117", "Z1GDH35T77C1KE", "Z3QFB96KMJ7ED6", "", "Z5CN8UMXT92WN"]),
    ("cn-northwest-1", ["037604701340", "681348832753", "660998842044", "ZM7IZAIOVVDZF", "ZQEIKTCZ8352D", "", "Z282HJ1KT0DH03"]),
    ("eu-central-1", ["054676820928", "035351147821", "053454850223", "Z215JYRZR1TBD5", "Z3F0SRJ5LGBH90", "Z1FRNW7UH4DEZJ", "Z21DNDUVLTQW6Q"]),
    ("eu-central-2", ["", "453052556044", "", "Z06391101F2ZOEP8P5EB3", "Z02239872DOALSIDCX66S", "", "Z030506016YDQGETNASS"]),
    ("eu-north-1", ["897822967062", "829690693026", "729911121831", "Z23TAZ6LKFMNIO", "Z1UDT6IFJ4EJM", "Z23GO28BZ5AETM", "Z3BAZG2TWCNX0D"]),
    ("eu-south-1", ["635631232127", "669305197877", "945612479654", "Z3ULH7SSC9OV64", "Z23146JA1KNAFP", "Z10VDYYOA2JFKM", "Z30OZKI7KPW7MI"]),
    ("eu-south-2", ["", "757211635381", "", "Z0956581394HF5D5LXGAP", "Z1011216NVTVYADP1SSV", "", "Z0081959F7139GRJC19J"]),
    ("eu-west-1", ["156460612806", "859597730677", "210876761215", "Z32O12XQLNTSW2", "Z2IFOLAFXWLO4F", "Z2NYPWQ7DFZAZH", "Z1BKCTXD74EZPE"]),
    ("eu-west-2", ["652711504416", "282025262664", "307160386991", "ZHURV8PSTC4K8", "ZD4D7Y8KGAS4G", "Z1GKAAAUGATPF1", "Z3GKZC51ZF0DB4"]),
    ("eu-west-3", ["009996457667", "262312530599", "915173422425", "Z3Q77PNBQS71R4", "Z1CMS0P5QUZ6D5", "Z5WN6GAYWG5OB", "Z3R1K369G5AVDG"]),
    ("il-central-1", ["", "683224464357", "", "Z09170902867EHPV2DABU", "Z0313266YDI6ZRHTGQY4", "Z02941091PERNCB1MI5H7", "Z09640613K4A3MN55U7GU"]),
    ("me-central-1", ["", "585772288577", "", "Z08230872XQRWHG2XF6I", "Z00282643NTTLPANJJG2P", "", "Z06143092I8HRXZRUZROF"]),
    ("me-south-1", ["076674570225", "034638983726", "013126148197", "ZS929ML54UICD", "Z3QSRYVP46NYYV", "Z2BBTEKR2I36N2", "Z1MPMWCPA7YB62"]),
    ("mx-central-1", ["", "", "", "Z023552324OKD1BB28BH5", "Z02031231H3ID6HYJ9A7U", "", ""]),
    ("sa-east-1", ["507241528517", "814480443879", "075028567923", "Z2P70J7HTTTPLU", "ZTK26PT1VY4CU", "Z10X7K2B4QSOFV", "Z7KQH4QJS55SO"]),
    ("us-east-1", ["127311923021", "086441151436", "193672423079", "Z35SXDOTRQ7X7K", "Z26RNL4JYFTOTI", "Z117KPS5GTRQ2G", "Z3AQBSTGFYJSTF"]),
    ("us-east-2", ["033677994240", "475085895292", "391106570357", "Z3AADJGX6KTTL2", "ZLMOA37VPKANP", "Z14LCN19Q5QHIC", "Z2O1EMRO9K5GLX"]),
    ("us-gov-east-1", ["190560391635", "608710470296", "665727464434", "Z166TLBEWOO7G0", "Z1ZSMQQ6Q24QQ8", "Z35TSARG0EJ4VU", "Z2NIFVYYW2VKV1"]),
    ("us-gov-west-1", ["048591011584", "608710470296", "665727464434", "Z33AYJ8TM3BH4J", "ZMG1MZ2THAWF1", "Z4KAURWC4UUUG", "Z31GFT0UA1I2HV"]),
    ("us-west-1", ["027434742980", "388731089494", "262260360010", "Z368ELLRRE2KJ0", "Z24FKFUX50B4VW", "Z1LQECGX5PH1X", "Z2F56UZL2M1ACD"]),
    ("us-west-2", ["797873946194", "113285607260", "902366379725", "Z1H1FL5HABSF5", "Z18D5FSROUN65G", "Z38NKT9BP95V3O", "Z3BJ6K6RIION7M"]),
];

/// A number of AWS's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ServiceId {
    /// Whose it is, after "is".
    pub(crate) purpose: &'static str,
    /// The primary's.
    pub(crate) primary: &'static str,
    /// The standby's; none where AWS has none there, or it is not known here.
    pub(crate) standby: Option<&'static str>,
}

/// The numbers that are the primary's alone, with the standby's.
pub(crate) fn service_ids(primary: &Region, standby: &Region) -> Vec<ServiceId> {
    let mut found: Vec<ServiceId> = Vec::new();
    let both = both(&SERVICE_IDS, PURPOSES, primary, standby);
    for id in both.into_iter().chain(self::both(&IMAGE_ACCOUNTS, image_accounts::PURPOSES, primary, standby)) {
        match found.iter_mut().find(|known| known.primary == id.primary) {
            // One number for two purposes, and the standby has a number for each.
            Some(known) if known.standby != id.standby => known.standby = None,
            Some(_) => {}
            None => found.push(id),
        }
    }
    found
}

/// The numbers of one table that differ between the regions.
fn both<const N: usize>(
    table: &'static [(&'static str, [&'static str; N])],
    purposes: [&'static str; N],
    primary: &Region,
    standby: &Region,
) -> Vec<ServiceId> {
    let of = |region: &Region| {
        table.iter().find(|(known, _)| *known == region.as_str()).map_or([""; N], |(_, numbers)| *numbers)
    };
    let known = purposes.into_iter().zip(of(primary).into_iter().zip(of(standby)));
    known
        .filter(|(_, (ours, theirs))| !ours.is_empty() && ours != theirs)
        .map(|(purpose, (primary, standby))| ServiceId {
            purpose,
            primary,
            standby: Some(standby).filter(|standby| !standby.is_empty()),
        })
        .collect()
}

/// The table's rows for a column, for those who hold it against another source.
#[cfg(test)]
pub(crate) fn column(purpose: usize) -> Vec<(&'static str, &'static str)> {
    SERVICE_IDS.iter().map(|(region, ids)| (*region, ids[purpose])).filter(|(_, id)| !id.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(code: &str) -> Region {
        Region::new(code).unwrap()
    }

    #[test]
    fn both_sides_of_a_number_are_known_or_said_to_be_unknown() {
        let ids = service_ids(&region("eu-west-1"), &region("eu-central-1"));
        let logs = ids.iter().find(|id| id.primary == "156460612806").unwrap();
        assert_eq!((logs.standby, logs.purpose), (Some("054676820928"), PURPOSES[0]));
        let images = ids.iter().find(|id| id.primary == "141502667606").unwrap();
        assert_eq!(images.standby, Some("492215442770"));
        // EKS has one account for most regions.
        assert_eq!(ids.len(), PURPOSES.len() + image_accounts::PURPOSES.len() - 1);
        let ids = service_ids(&region("eu-west-1"), &region("eu-south-1"));
        assert_eq!(ids.iter().find(|id| id.primary == "602401143452").unwrap().standby, Some("590381155156"));
        let ids = service_ids(&region("eu-west-1"), &region("eu-central-2"));
        assert_eq!(ids.iter().find(|id| id.primary == "156460612806").unwrap().standby, None);
        assert_eq!(ids.iter().find(|id| id.primary == "Z1BKCTXD74EZPE").unwrap().standby, Some("Z030506016YDQGETNASS"));
    }

    #[test]
    fn a_number_of_two_purposes_is_asked() {
        let ids = service_ids(&region("af-south-1"), &region("eu-west-1"));
        let shared: Vec<_> = ids.iter().filter(|id| id.primary == "455444449433").collect();
        assert_eq!(shared.iter().map(|id| id.standby).collect::<Vec<_>>(), [None]);
    }

    #[test]
    fn no_number_means_two_things() {
        let government = |region: &str| region.starts_with("us-gov-");
        for purpose in 0..PURPOSES.len() {
            for (region, id) in column(purpose) {
                let others = (0..PURPOSES.len()).flat_map(column);
                let same = others.filter(|(other, known)| *known == id && !(government(region) && government(other)));
                assert_eq!(same.count(), usize::from(!government(region)), "{id} of {region}");
            }
        }
    }
}

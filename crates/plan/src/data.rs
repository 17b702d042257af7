//! The `data` block of a stack's `standby`: what the standby's databases, volumes and buckets have in them.

use crate::table::{AttributeRow, BlockRow, Need, Occurs, Type};
use pilotlight_findings::Span;
use std::fmt;

/// What one resource that holds data has in it in the standby.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataChoice {
    /// `aws_db_instance.main`, `module.orders.aws_rds_cluster.this`, or `*` for what no other block names.
    pub address: String,
    /// Where its data come from.
    pub from: DataFrom,
    /// The snapshot to restore, where it is not the newest copy.
    pub snapshot: Option<String>,
    /// The key of the standby region that a replica is encrypted with, where the source names none.
    pub kms_key_id: Option<String>,
    /// The block's head.
    pub span: Span,
}

/// Where the data of a standby's resource come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DataFrom {
    /// It follows the primary's.
    Replica,
    /// It is restored from a snapshot in the standby region.
    Snapshot,
    /// It is made empty on purpose, as the source says.
    Empty,
    /// It is filled by other means than Pilotlight's.
    Elsewhere,
}

impl DataFrom {
    const ALL: [Self; 4] = [Self::Replica, Self::Snapshot, Self::Empty, Self::Elsewhere];

    /// `replica`, `snapshot`, `empty`, `elsewhere`
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Replica => "replica",
            Self::Snapshot => "snapshot",
            Self::Empty => "empty",
            Self::Elsewhere => "elsewhere",
        }
    }

    pub(crate) fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|from| from.as_str() == word)
    }
}

impl fmt::Display for DataFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The address that stands for every resource that no other block names.
pub const ALL_DATA: &str = "*";

const EITHER: [DataFrom; 2] = [DataFrom::Empty, DataFrom::Elsewhere];

/// Types that hold data, with what may be chosen for them.
const HOLDERS: [(&str, &[DataFrom]); 24] = [
    ("aws_db_instance", &DataFrom::ALL),
    ("aws_rds_cluster", &DataFrom::ALL),
    ("aws_ebs_volume", &[DataFrom::Snapshot, DataFrom::Empty, DataFrom::Elsewhere]),
    ("aws_s3_bucket", &[DataFrom::Replica, DataFrom::Empty, DataFrom::Elsewhere]),
    ("aws_s3_directory_bucket", &EITHER),
    ("aws_dynamodb_table", &EITHER),
    ("aws_efs_file_system", &EITHER),
    ("aws_fsx_lustre_file_system", &EITHER),
    ("aws_fsx_ontap_file_system", &EITHER),
    ("aws_fsx_openzfs_file_system", &EITHER),
    ("aws_fsx_windows_file_system", &EITHER),
    ("aws_docdb_cluster", &EITHER),
    ("aws_docdbelastic_cluster", &EITHER),
    ("aws_neptune_cluster", &EITHER),
    ("aws_elasticache_cluster", &EITHER),
    ("aws_elasticache_replication_group", &EITHER),
    ("aws_memorydb_cluster", &EITHER),
    ("aws_redshift_cluster", &EITHER),
    ("aws_redshiftserverless_namespace", &EITHER),
    ("aws_opensearch_domain", &EITHER),
    ("aws_elasticsearch_domain", &EITHER),
    ("aws_keyspaces_table", &EITHER),
    ("aws_timestreamwrite_table", &EITHER),
    ("aws_lightsail_database", &EITHER),
];

/// What may be chosen for a type that holds data, the best first; none for a type that holds none.
pub fn data_choices(resource_type: &str) -> Option<&'static [DataFrom]> {
    HOLDERS.iter().find(|(known, _)| *known == resource_type).map(|(_, choices)| *choices)
}

/// Every type that holds data.
pub(crate) fn holders() -> impl Iterator<Item = &'static str> {
    HOLDERS.iter().map(|(known, _)| *known)
}

/// The type in a resource's address, `aws_db_instance` of `module.a.aws_db_instance.main`.
pub(crate) fn type_of(address: &str) -> Option<&str> {
    address.rsplit('.').nth(1)
}

pub(crate) static DATA: BlockRow = BlockRow {
    name: "data",
    kind: None,
    labels: &["address"],
    occurs: Occurs::Any,
    doc: "What a resource that holds data has in it in the standby. The label is its address without keys, in the \
          manner of `terraform state list`, or `\"*\"` for every one that no other block names. Each database, volume, \
          bucket and table of the source needs a choice: none is made silently. \
          [retarget.md](retarget.md) says what each does.",
    example: "",
    attributes: &[
        AttributeRow {
            name: "from",
            of: Type::Word(&["replica", "snapshot", "empty", "elsewhere"]),
            need: Need::Required,
            doc: "`replica`: it follows the primary's (aws_db_instance, aws_rds_cluster, aws_s3_bucket). \
                  `snapshot`: it is restored from the newest copy that the standby region has \
                  (aws_db_instance, aws_rds_cluster, aws_ebs_volume). `empty`: it is made empty on purpose, as the source \
                  says. `elsewhere`: it is made as the source says, and filled by other means, such as a global table. \
                  For `\"*\"` it is one of the last two.",
            example: r#""replica""#,
        },
        AttributeRow {
            name: "snapshot",
            of: Type::Text,
            need: Need::Optional,
            doc: "With `from = \"snapshot\"`: this snapshot of the standby region in place of the newest copy.",
            example: r#""orders-2026-11-21""#,
        },
        AttributeRow {
            name: "kms_key_id",
            of: Type::Text,
            need: Need::Optional,
            doc: "With `from = \"replica\"`: the ARN of the standby region's key for an encrypted replica, where the \
                  source names no key.",
            example: r#""arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab""#,
        },
    ],
    any_attribute: None,
    blocks: &[],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_the_table_are_the_choices() {
        let Type::Word(words) = DATA.attributes[0].of else { panic!("a word") };
        assert_eq!(words, DataFrom::ALL.map(DataFrom::as_str));
    }

    #[test]
    fn types_have_the_choices_that_can_be_made_for_them() {
        assert_eq!(data_choices("aws_ebs_volume").unwrap().first(), Some(&DataFrom::Snapshot));
        assert_eq!(data_choices("aws_dynamodb_table"), Some(&EITHER[..]));
        assert_eq!(data_choices("aws_sqs_queue"), None);
        assert_eq!(type_of("module.a.aws_db_instance.main"), Some("aws_db_instance"));
        assert_eq!(type_of("*"), None);
    }
}

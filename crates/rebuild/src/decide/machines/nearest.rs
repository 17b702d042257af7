//! Which machine type stands for one that a region does not offer.

use super::name::machine_type;
use crate::observe::{Accelerator, MachineFacts};
use std::cmp::Reverse;

/// The nearest to `wanted` among those that are offered; none where nothing can stand for it.
///
/// It runs the same programs: one of its architectures, and bare metal for bare metal alone. It has no less: virtual
/// CPUs, memory, disks of its own, and each kind of accelerator by the same maker, as many and with as much memory;
/// one without accelerators is not answered by one that has them, which costs many times as much.
///
/// Among those the smallest excess wins, then in this order: a burstable one for a burstable one alone, the same
/// family (`m`), the same maker of the processor, the newer generation, no disks where none are wanted, the fewer
/// specialities (`m6i` before `m6idn`), the name.
pub fn nearest<'a>(wanted: &MachineFacts, offered: &'a [MachineFacts]) -> Option<&'a MachineFacts> {
    offered.iter().filter(|other| other.name != wanted.name && can_stand_for(wanted, other)).min_by_key(|other| {
        let (ours, theirs) = (machine_type(&wanted.name), machine_type(&other.name));
        let family = |name: &MachineFacts| machine_type(&name.name).map(|name| name.family.to_owned());
        (
            excess(wanted, other),
            wanted.burstable != other.burstable,
            family(wanted) != family(other),
            wanted.processor != other.processor,
            Reverse(theirs.map_or(0, |name| name.generation)),
            wanted.disk_gb == 0 && other.disk_gb > 0,
            theirs.map_or(0, |name| name.special.len()).abs_diff(ours.map_or(0, |name| name.special.len())),
            &other.name,
        )
    })
}

fn can_stand_for(wanted: &MachineFacts, other: &MachineFacts) -> bool {
    wanted.architectures.iter().any(|architecture| other.architectures.contains(architecture))
        && wanted.bare_metal == other.bare_metal
        && other.vcpus >= wanted.vcpus
        && other.memory_mib >= wanted.memory_mib
        && other.disk_gb >= wanted.disk_gb
        && wanted.accelerators.is_empty() == other.accelerators.is_empty()
        && wanted.accelerators.iter().all(|one| other.accelerators.iter().any(|has| holds(has, one)))
}

fn holds(has: &Accelerator, wanted: &Accelerator) -> bool {
    has.kind == wanted.kind
        && has.maker == wanted.maker
        && has.count >= wanted.count
        && has.memory_mib >= wanted.memory_mib
}

/// How much more of it there is, in thousandths of what is wanted: of virtual CPUs, memory and accelerators together.
fn excess(wanted: &MachineFacts, other: &MachineFacts) -> u64 {
    let more = |wanted: u64, other: u64| other.saturating_sub(wanted).saturating_mul(1000) / wanted.max(1);
    let chips = |machine: &MachineFacts| machine.accelerators.iter().map(|one| u64::from(one.count)).sum();
    more(wanted.vcpus.into(), other.vcpus.into())
        + more(wanted.memory_mib, other.memory_mib)
        + more(chips(wanted), chips(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(name: &str, architecture: &str, vcpus: u32, gib: u64, processor: &str) -> MachineFacts {
        MachineFacts {
            name: name.to_owned(),
            architectures: vec![architecture.to_owned()],
            vcpus,
            memory_mib: gib * 1024,
            processor: Some(processor.to_owned()),
            burstable: name.starts_with('t'),
            bare_metal: name.contains(".metal"),
            ..MachineFacts::default()
        }
    }

    fn chosen(wanted: &MachineFacts, offered: &[MachineFacts]) -> Option<String> {
        nearest(wanted, offered).map(|found| found.name.clone())
    }

    #[test]
    fn the_smallest_excess_then_family_maker_and_generation() {
        let m5 = machine("m5.large", "x86_64", 2, 8, "Intel");
        let mut with_disk = machine("m6id.large", "x86_64", 2, 8, "Intel");
        with_disk.disk_gb = 118;
        let mut all = vec![
            machine("m6g.large", "arm64", 2, 8, "AWS"),
            machine("t3.large", "x86_64", 2, 8, "Intel"),
            machine("c5.xlarge", "x86_64", 4, 8, "Intel"),
            machine("m6i.xlarge", "x86_64", 4, 16, "Intel"),
            machine("c6i.large", "x86_64", 2, 4, "Intel"),
        ];
        // The burstable one has no excess at all; one of twice the CPUs has.
        assert_eq!(chosen(&m5, &all), Some("t3.large".into()));
        all.push(machine("r5.large", "x86_64", 2, 16, "Intel"));
        assert_eq!(chosen(&m5, &all), Some("t3.large".into()));
        all.push(machine("m4.large", "x86_64", 2, 8, "Intel"));
        assert_eq!(chosen(&m5, &all), Some("m4.large".into()));
        all.push(machine("m7a.large", "x86_64", 2, 8, "AMD"));
        assert_eq!(chosen(&m5, &all), Some("m4.large".into()));
        all.push(with_disk);
        assert_eq!(chosen(&m5, &all), Some("m6id.large".into()));
        all.push(machine("m6i.large", "x86_64", 2, 8, "Intel"));
        assert_eq!(chosen(&m5, &all), Some("m6i.large".into()));
        all.push(machine("m7i.large", "x86_64", 2, 8, "Intel"));
        assert_eq!(chosen(&m5, &all), Some("m7i.large".into()));
        all.reverse();
        assert_eq!(chosen(&m5, &all), Some("m7i.large".into()));
    }

    #[test]
    fn a_machine_never_gets_less() {
        let wanted = machine("m5.large", "x86_64", 2, 8, "Intel");
        for other in [
            machine("m6g.large", "arm64", 2, 8, "AWS"),
            machine("c6i.large", "x86_64", 2, 4, "Intel"),
            machine("m7i.medium", "x86_64", 1, 8, "Intel"),
            machine("m5.metal", "x86_64", 96, 384, "Intel"),
            wanted.clone(),
        ] {
            assert_eq!(chosen(&wanted, &[other]), None);
        }
        let mut with_disk = machine("m5d.large", "x86_64", 2, 8, "Intel");
        with_disk.disk_gb = 75;
        assert_eq!(chosen(&with_disk, &[machine("m6i.large", "x86_64", 2, 8, "Intel")]), None);
        let arm = machine("t4g.small", "arm64", 2, 2, "AWS");
        assert_eq!(chosen(&arm, &[machine("t3.small", "x86_64", 2, 2, "Intel")]), None);
    }

    #[test]
    fn accelerators_are_answered_by_their_like() {
        let gpu = |maker: &str, count, memory_mib| Accelerator {
            kind: "gpu".to_owned(),
            maker: maker.to_owned(),
            count,
            memory_mib,
        };
        let with = |name: &str, has: Option<Accelerator>| MachineFacts {
            accelerators: has.into_iter().collect(),
            ..machine(name, "x86_64", 4, 16, "Intel")
        };
        let wanted = with("g4dn.xlarge", Some(gpu("NVIDIA", 1, 16_384)));
        let offered = [
            with("m6i.xlarge", None),
            with("g4ad.xlarge", Some(gpu("AMD", 1, 16_384))),
            with("g3.xlarge", Some(gpu("NVIDIA", 1, 8_192))),
            with("g5.xlarge", Some(gpu("NVIDIA", 1, 24_576))),
            with("g4dn.12xlarge", Some(gpu("NVIDIA", 4, 65_536))),
        ];
        assert_eq!(chosen(&wanted, &offered), Some("g5.xlarge".into()));
        assert_eq!(chosen(&wanted, &offered[..3]), None);
        assert_eq!(chosen(&wanted, &offered[4..]), Some("g4dn.12xlarge".into()));
        // And nobody gets a GPU who has asked for none.
        assert_eq!(chosen(&with("m5.xlarge", None), &offered[1..]), None);
    }
}

use super::*;
use aws_sdk_ec2::types::LaunchTemplateTagSpecification as TagSpecification;
use aws_sdk_ec2::types::{
    InstanceGeneration, InstanceRequirements, InstanceType, LaunchTemplateEbsBlockDevice,
    LaunchTemplateHttpTokensState, LaunchTemplateInstanceMetadataOptions,
    LaunchTemplateInstanceNetworkInterfaceSpecification, MemoryMiB, ResourceType, Tag, VCpuCountRange,
};
use serde_json::{Value, json};

fn told(data: ResponseLaunchTemplateData) -> Value {
    let template = LaunchTemplate::builder()
        .launch_template_id("lt-1")
        .launch_template_name("web")
        .default_version_number(1)
        .latest_version_number(2)
        .build();
    let version = LaunchTemplateVersion::builder().launch_template_data(data).version_description("second").build();
    Value::Object(object(&template, &version).expect("object").attributes)
}

#[test]
fn the_latest_version_is_what_the_template_says() {
    let ebs = LaunchTemplateEbsBlockDevice::builder().volume_size(20).encrypted(true).build();
    let interface = LaunchTemplateInstanceNetworkInterfaceSpecification::builder()
        .associate_public_ip_address(false)
        .groups("sg-2")
        .groups("sg-1");
    let metadata =
        LaunchTemplateInstanceMetadataOptions::builder().http_tokens(LaunchTemplateHttpTokensState::Optional);
    let tags = TagSpecification::builder()
        .resource_type(ResourceType::Instance)
        .tags(Tag::builder().key("Role").value("web").build());
    let data = ResponseLaunchTemplateData::builder()
        .image_id("ami-1")
        .instance_type(InstanceType::T3Small)
        .block_device_mappings(LaunchTemplateBlockDeviceMapping::builder().device_name("/dev/xvda").ebs(ebs).build())
        .network_interfaces(interface.build())
        .metadata_options(metadata.build())
        .tag_specifications(tags.build())
        .build();
    let told = told(data);
    assert_eq!((&told["default_version"], &told["latest_version"]), (&json!(1), &json!(2)));
    assert_eq!(
        (&told["image_id"], &told["key_name"], &told["description"]),
        (&json!("ami-1"), &json!(null), &json!("second"))
    );
    assert_eq!(told["block_device_mappings"][0]["ebs"][0]["volume_size"], json!(20));
    // Not set is another thing than off.
    assert_eq!(told["block_device_mappings"][0]["ebs"][0]["encrypted"], json!("true"));
    assert_eq!(told["block_device_mappings"][0]["ebs"][0]["delete_on_termination"], json!(null));
    assert_eq!(told["network_interfaces"][0]["associate_public_ip_address"], json!("false"));
    assert_eq!(told["network_interfaces"][0]["security_groups"], json!(["sg-1", "sg-2"]));
    assert_eq!(told["metadata_options"][0]["http_tokens"], json!("optional"));
    assert_eq!(told["tag_specifications"], json!([{"resource_type": "instance", "tags": {"Role": "web"}}]));
    assert_eq!((&told["placement"], &told["cpu_options"]), (&json!([]), &json!([])));
}

#[test]
fn requirements_are_ranges_and_sets() {
    let asked = InstanceRequirements::builder()
        .v_cpu_count(VCpuCountRange::builder().min(1).max(4).build())
        .memory_mib(MemoryMiB::builder().min(1024).build())
        .instance_generations(InstanceGeneration::Current)
        .build();
    let told = told(ResponseLaunchTemplateData::builder().instance_requirements(asked).build());
    let block = &told["instance_requirements"][0];
    assert_eq!(block["vcpu_count"], json!([{"min": 1, "max": 4}]));
    assert_eq!(block["memory_mib"], json!([{"min": 1024, "max": null}]));
    assert_eq!((&block["instance_generations"], &block["accelerator_count"]), (&json!(["current"]), &json!([])));
}

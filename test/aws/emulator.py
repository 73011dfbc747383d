"""Runs moto's server, and adds to its CloudFormation what the deployment of this service needs.

Written for moto 5.1.1 of Debian 13. All additions to CloudFormation make it call moto's own backends, so keys, aliases and their
behaviour are moto's. Invoked functions do not run: the tests run them.

What moto does not show (docs/decisions/0036-what-the-emulator-proves.md), and what shows it instead:

- Authorizer, gateway responses, stage, alarms, metric filters, dashboard, bucket policy and retries are ignored: the tests of the
  packaged template, and the local gateway, which is made of the same resources.
- Architecture, logging and tracing of functions, expiry and recovery of the table are ignored: read from the template that arrived.
- Permissions are stored and not applied, and a changed role keeps its old policies: the test of the packaged template lists
  what is allowed. Only AWS shows that it suffices.
- No change is rolled back, and the API stays after a removal: only AWS shows both.
- No request passes through API Gateway: `local/gateway/gateway-rules.ts` stands between the functions (test/aws/gateway.ts).
- Nothing writes to log groups: the test of `npm run smoke` writes what the functions print.
- The archives run on this machine's Node.js, without arm64 and Lambda's limits: only AWS shows that.
- Asynchronous invocations are not repeated, and nothing reaches the queue of failed mails: `local/lambda/lambda.ts` repeats.
- SES keeps mails without text part and headers: `local/mail/ses.ts` has them.
- Signatures and credentials are not verified. Deleted keys disappear at once, and disabled ones sign: only AWS shows that.
- No step of a key turnover waits, but the first: the tests of the plan control the clock.
"""

import json

from moto.awslambda.models import LambdaFunction
from moto.cloudformation import models
from moto.cloudformation.parsing import ResourceMap, parse_condition
from moto.core import DEFAULT_ACCOUNT_ID as ACCOUNT_ID
from moto.core.common_models import CloudFormationModel
from moto.iam.models import Role
from moto.kms.models import Key, kms_backends
from moto.moto_api._internal.responses import MotoAPIResponse
from moto.server import main
from moto.ses.models import Message, ses_backends

# ValidateTemplate calls cfn-lint, which Debian does not package.
models.validate_template_cfn_lint = lambda template: []


def create_key(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
    """Creates the key by its KeySpec and KeyUsage. moto creates every key of a template as a symmetric one."""
    properties = cloudformation_json["Properties"]
    key = kms_backends[account_id][region_name].create_key(
        policy=json.dumps(properties["KeyPolicy"]),
        key_usage=properties["KeyUsage"],
        key_spec=properties["KeySpec"],
        description=properties["Description"],
        tags=properties.get("Tags", []),
    )
    key.key_rotation_status = properties.get("EnableKeyRotation", False)
    return key


Key.create_from_cloudformation_json = classmethod(create_key)


def put_policy(self, name, document):
    """Stores the policy as JSON. moto stores policies of a template unchanged, and then cannot return them."""
    self.policies[name] = document if isinstance(document, str) else json.dumps(document)


Role.put_policy = put_policy


class Alias(CloudFormationModel):
    """AWS::KMS::Alias, which moto supports in its API only."""

    # moto takes the service of a model from the name of its module.
    __module__ = "moto.kms.models"

    def __init__(self, name):
        self.physical_resource_id = name

    @staticmethod
    def cloudformation_name_type():
        return "AliasName"

    @staticmethod
    def cloudformation_type():
        return "AWS::KMS::Alias"

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name, cloudformation_json, account_id, region_name, **kwargs
    ):
        key_id = cloudformation_json["Properties"]["TargetKeyId"]
        kms_backends[account_id][region_name].create_alias(key_id, resource_name)
        return cls(resource_name)

    def delete(self, account_id, region_name):
        kms_backends[account_id][region_name].delete_alias(self.physical_resource_id)


invocations = []


def invoke(self, body, request_headers, response_headers):
    """Keeps the event. moto would run the function in Docker."""
    invocations.append({"function": self.function_name, "event": json.loads(body)})
    return b""


def model_data(self, request, full_url, headers):
    """Returns the events that functions were invoked with, and the mails. moto fails over some of its own objects."""
    mails = [vars(mail) for mail in ses_backends[ACCOUNT_ID]["eu-central-1"].sent_messages if type(mail) is Message]
    return 200, {"Content-Type": "application/json"}, json.dumps({"invocations": invocations, "mails": mails})


LambdaFunction.invoke = invoke
MotoAPIResponse.model_data = model_data


def existing(template, resources):
    """Returns the resources whose conditions hold. moto evaluates conditions at creation only, not at an update."""
    conditions = {}
    for name, condition in template.get("Conditions", {}).items():
        conditions[name] = parse_condition(condition, resources, conditions)
    return {
        name: resource
        for name, resource in template.get("Resources", {}).items()
        if conditions.get(resource.get("Condition"), True)
    }


def build_resource_diff(self, other_template, parameters=None):
    old, new = existing(self._template, self), existing(other_template, self)
    return {
        "Add": [name for name in new if name not in old],
        "Modify": [name for name in new if name in old and new[name] != old[name]],
        "Remove": [name for name in old if name not in new],
    }


def update(self, template, parameters=None):
    removed = self.build_resource_diff(template, parameters)["Remove"]
    moto_update(self, template, parameters)
    # moto would confuse a recreated resource with the deleted one of the same name.
    for name in removed:
        self._parsed_resources.pop(name, None)


def apply(change_set):
    """Applies a change set with its outputs and exports. moto changes the resources only."""
    stack = change_set.stack
    stack.resource_map.update(change_set.template_dict, change_set.parameters)
    stack.template = change_set.template
    stack._parse_template()
    stack.output_map = stack._create_output_map()
    backend = models.cloudformation_backends[stack.account_id][stack.region_name]
    backend.exports.update({export.name: export for export in stack.exports})


def delete_change_set(self, change_set_name):
    """Deletes a change set, if it exists. moto fails if it does not exist; AWS does not."""
    for id, change_set in list(self.change_sets.items()):
        if change_set_name in (id, change_set.change_set_name):
            del self.change_sets[id]


moto_update = ResourceMap.update
ResourceMap.build_resource_diff = build_resource_diff
ResourceMap.update = update
models.FakeChangeSet.apply = apply
models.CloudFormationBackend.delete_change_set = delete_change_set

main()

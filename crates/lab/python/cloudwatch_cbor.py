"""CloudWatch in the protocol that today's SDKs and AWS CLIs speak to it: Smithy RPC v2 with CBOR.

moto knows CloudWatch's JSON protocol. Requests are put into that, and answers back into CBOR with botocore's own
encoder. The protocol: https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
"""

import io
import json
from datetime import datetime

from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.parsers import RpcV2CBORParser
from botocore.serialize import RpcV2CBORSerializer

PATH = "/service/GraniteServiceVersion20100801/operation/"
TARGET = "GraniteServiceVersion20100801."
CBOR = ("Content-Type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")


class CloudWatchInCbor:
    """A WSGI application before another one: translates what is CloudWatch's, and passes on all else."""

    def __init__(self, application):
        self.application = application
        self.model = ServiceModel(Loader().load_service_model("cloudwatch", "service-2"), "cloudwatch")

    def __call__(self, environ, start_response):
        path = environ.get("PATH_INFO", "")
        if not path.startswith(PATH):
            return self.application(environ, start_response)
        operation = path.removeprefix(PATH)
        asked = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        body = json.dumps(decoded(asked), default=seconds).encode()
        environ |= {
            "PATH_INFO": "/",
            "RAW_URI": "/",
            "REQUEST_URI": "/",
            "CONTENT_TYPE": "application/x-amz-json-1.0",
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_X_AMZ_TARGET": TARGET + operation,
            "wsgi.input": io.BytesIO(body),
        }
        said = {}

        def remember(status, headers, *_):
            said["status"] = status

        answered = b"".join(self.application(environ, remember))
        told = json.loads(answered or b"{}")
        encoded = bytearray()
        serializer = RpcV2CBORSerializer()
        if said["status"].startswith("200"):
            serializer._serialize_data_item(encoded, told, self.model.operation_model(operation).output_shape)
        else:
            # An error's name stands in its body, as text.
            texts = {name: str(told.get(name) or told.get(name.title()) or "") for name in ("__type", "message")}
            encoded.append(0xA0 | len(texts))
            for name, text in texts.items():
                serializer._serialize_type_string(encoded, name, None, None)
                serializer._serialize_type_string(encoded, text, None, None)
        start_response(said["status"], [*CBOR, ("Content-Length", str(len(encoded)))])
        return [bytes(encoded)]


def decoded(body):
    parser = RpcV2CBORParser()
    return parser.parse_data_item(parser.get_peekable_stream_from_bytes(body)) if body else {}


def seconds(value):
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(type(value))

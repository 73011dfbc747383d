# Reads CloudEvents in JSON, one a line, with the SDK of CloudEvents for Python. Prints the reason of each that it refuses.
import sys

from cloudevents.core.bindings.http import HTTPMessage, from_http_event

headers = {"content-type": "application/cloudevents+json"}
for line in sys.stdin:
    try:
        event = from_http_event(HTTPMessage(headers=headers, body=line.encode()))
        assert event.get_specversion() == "1.0" and event.get_data()["via"], "another event"
    except Exception as error:
        print(f"the SDK of CloudEvents for Python refuses {line.strip()}: {error}")

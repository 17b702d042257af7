#!@PYTHON@
"""Acts on the rehearsal lab that this program belongs to: what its control endpoint takes, word by word.

lab status; lab resync REGION; lab database kill|start REGION; lab lag pause|block|clear; lab blackout REGION;
lab restore REGION; lab break|repair ADDRESS
"""

import json
import sys
import urllib.error
import urllib.request

# A database that is copied anew takes its time; the lab itself gives up earlier.
SECONDS = 200


def main():
    words = sys.argv[1:]
    if not words or words[0] in ("-h", "--help"):
        sys.exit(__doc__)
    try:
        with open("@HANDLE@") as file:
            handle = json.load(file)
    except FileNotFoundError:
        sys.exit("find the lab: it has ended")
    request = urllib.request.Request(
        f"http://{handle['control']}/{'/'.join(words)}",
        method="GET" if words == ["status"] else "POST",
        headers={"Authorization": f"Bearer {handle['token']}"},
    )
    # Loopback: no proxy of the environment leads there.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=SECONDS) as response:
            print(response.read().decode().strip())
    except urllib.error.HTTPError as error:
        sys.exit(error.read().decode().strip())
    except OSError as error:
        sys.exit(f"reach the lab: {error}")


if __name__ == "__main__":
    main()

"""Calls the driver's own client of tart, unchanged: one call per line of standard input, one answer per line."""

import json
import subprocess
import sys

from gitlab_runner_tart_driver.modules.tart import Tart, TartVolume

answers = sys.stdout
sys.stdout = sys.stderr  # The client prints, too.
tart = Tart(exec_path="tart")


def plain(value):
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.model_dump() if hasattr(value, "model_dump") else value


for line in sys.stdin:
    method, *args = json.loads(line)
    try:
        if method == "run":
            name, *volumes = args
            tart.run(name, [TartVolume.from_string(volume) for volume in volumes])
            answer = {"result": None}
        else:
            answer = {"result": plain(getattr(tart, method)(*args))}
    except subprocess.CalledProcessError as error:
        answer = {"exitCode": error.returncode}
    except Exception as error:
        answer = {"error": type(error).__name__}
    print(json.dumps(answer), file=answers, flush=True)

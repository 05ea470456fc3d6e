"""keeptrace.load refused ten threads that wait: the source they share was counted once for each."""

import threading

import keeptrace

go_on = threading.Event()
threads = [threading.Thread(target=go_on.wait) for _ in range(10)]
for thread in threads:
    thread.start()
try:
    int("seven")
except ValueError as error:
    data = keeptrace.dumps(error, threads=True)
go_on.set()
for thread in threads:
    thread.join()
assert len(keeptrace.load(data)["threads"]) == 10
print("ok")

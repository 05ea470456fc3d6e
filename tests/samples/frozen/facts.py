import os
import traceback


def facts(error):
    """Return what a crash shows: functions, the file and the line that failed, its variables and their types."""
    stack = traceback.extract_tb(error.__traceback__)
    frame = list(traceback.walk_tb(error.__traceback__))[-1][0]
    variables = {name: dict(vars(value)) if name == "order" else value for name, value in frame.f_locals.items()}
    order = type(frame.f_locals["order"])
    return {
        "error": repr(error),
        "functions": [each.name for each in stack[-2:]],
        "file": os.path.basename(stack[-1].filename),
        "line": stack[-1].lineno,
        "source": stack[-1].line,
        "variables": variables,
        "class": "{}.{}".format(order.__module__, order.__name__),
    }

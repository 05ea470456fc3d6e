"""Crashes among the lazy values of real libraries: of those that are installed here.

Run as a program, it writes what hostile.py writes. Each situation counts what it evaluates in RAN.
"""

import importlib.util
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import hostile

SITUATIONS = {}


def situation(library):
    def mark(function):
        SITUATIONS[function.__name__] = function, {"library": library}
        return function

    return mark


def evaluated(*arguments, **keywords):
    return hostile.forbidden()


@situation("django")
def queries_and_lazy_objects_of_django():
    import django
    from django.conf import settings

    if not settings.configured:
        database = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
        settings.configure(DATABASES={"default": database}, USE_TZ=True)
        django.setup()
    from django.db import connection, models
    from django.utils.functional import SimpleLazyObject, lazy

    class Person(models.Model):
        name = models.TextField()
        friend = models.ForeignKey("self", models.CASCADE)

        class Meta:
            app_label = "people"

    connection.execute_wrappers.append(evaluated)
    person = Person(id=1, friend_id=2)
    deferred = Person.from_db("default", ["id"], [1])
    lazies = SimpleLazyObject(evaluated), lazy(evaluated, str)()
    return Person.objects.all(), Person.objects.filter(name="ada")[:5], person, deferred, settings, *lazies


@situation("werkzeug")
def proxies_of_werkzeug():
    from contextvars import ContextVar

    from werkzeug.local import Local, LocalProxy, LocalStack

    local, stack = Local(), LocalStack()
    local.user = hostile.class_of()()
    return LocalProxy(evaluated), LocalProxy(ContextVar("unbound")), local("user"), local, stack, stack()


@situation("sqlalchemy")
def expired_and_deferred_attributes_of_sqlalchemy():
    import sqlalchemy
    from sqlalchemy import event, orm

    class Base(orm.DeclarativeBase): ...

    class User(Base):
        __tablename__ = "user"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        name: orm.Mapped[str] = orm.mapped_column()
        story: orm.Mapped[str] = orm.mapped_column(deferred=True)

    orm.configure_mappers()
    engine = sqlalchemy.create_engine("sqlite://", poolclass=sqlalchemy.StaticPool)
    Base.metadata.create_all(engine)
    session = orm.Session(engine)
    session.add_all([User(id=1, name="ada", story="long"), User(id=2, name="bob", story="long")])
    session.commit()  # expires both
    deferred = session.get(User, 1)
    expired = session.get(User, 2)
    session.expire(expired)
    event.listen(engine, "before_cursor_execute", evaluated)
    return deferred, expired, session.query(User), sqlalchemy.select(User), session, engine, User.name


@situation("wrapt")
def proxies_of_wrapt():
    import wrapt

    class Proxy(wrapt.ObjectProxy):
        __getattr__ = __repr__ = evaluated

    target = hostile.Key()
    proxies = [Proxy(target), wrapt.ObjectProxy(target), wrapt.CallableObjectProxy(evaluated)]
    lazies = [getattr(wrapt, name)(evaluated) for name in ("LazyObjectProxy",) if hasattr(wrapt, name)]
    return *proxies, *lazies, wrapt.FunctionWrapper(evaluated, evaluated)


@situation("zope.proxy")
def proxies_of_zope():
    from zope.proxy import ProxyBase

    class Proxy(ProxyBase):
        __slots__ = ("kept",)

    return ProxyBase(hostile.class_of()()), Proxy(hostile.class_of()())


@situation("attrs")
def fields_of_attrs():
    import attrs

    @attrs.define
    class Point:
        x: int = attrs.field(repr=evaluated, eq=evaluated)
        y: object = None

    return Point(1, hostile.class_of()()), Point


@situation("pydantic")
def models_of_pydantic():
    import pydantic

    class User(pydantic.BaseModel):
        id: int
        own: object = None

        @pydantic.computed_field
        def computed(self) -> int:
            return evaluated()

    return User(id=1, own=hostile.class_of()()), User


@situation("numpy")
def arrays_of_numpy():
    import numpy

    class Array(numpy.ndarray):
        __repr__ = __str__ = __getitem__ = evaluated

    class Cell:
        __repr__ = __str__ = evaluated

    cells = numpy.array([Cell(), hostile.Key()], dtype=object)
    return cells, numpy.zeros(2).view(Array), numpy.zeros((2, 2)), numpy.zeros(3).view(numpy.recarray), numpy.ma.masked, numpy.float64(1)


def main():
    installed = {}
    for name, (function, options) in SITUATIONS.items():
        parts = options["library"].split(".")
        found = all(importlib.util.find_spec(".".join(parts[: end + 1])) for end in range(len(parts)))
        installed[name] = (function, {}) if found else None
    hostile.SITUATIONS = installed
    hostile.main(sys.argv[1])


if __name__ == "__main__":
    main()

import asyncio, faulthandler, sys, time
from tests.bot.scene import *
from runs import engine
async def test_c(scene: Scene) -> None:
    await scene.opens()
    await asyncio.sleep(0.6)
    t=time.time()
    await engine.stop(0)
    print("STOP", time.time()-t)
    async def later(): pass
async def test_d(scene: Scene) -> None:
    await scene.opens()
    await asyncio.sleep(0.3)
    t=time.time()
    await engine.stop(0)
    print("STOP", time.time()-t)
